"""Where objects of S3 lie below a folder: the only way from a name of somebody else's to a path."""

import os
from collections.abc import Iterable
from pathlib import Path

from modelyard.shared.s3_uri import as_folder, shortened

# NAME_MAX of the file systems of Linux and macOS.
MOST_BYTES_OF_A_PART = 255
HINT = "give it another name"


def path_below(*, folder: Path, name: str, what: str) -> Path:
    """Return the path that a name has below a folder, its parts divided by `/`; `what` begins the message of a failure.

    Raises:
        ValueError: the name leads out of the folder, or no file can have it.

    """
    for part in name.split("/"):
        problem = _name_problem(part)
        if problem is not None:
            raise ValueError(f"{what} {problem}; {HINT}")
    path = folder / name
    size, most = len(os.fsencode(path.absolute())), os.pathconf("/", "PC_PATH_MAX") - 1
    if size > most:
        raise ValueError(f"{what} makes a path of {size:,} bytes, and it may have at most {most:,}; {HINT}")
    return path


def object_path(*, folder: Path, key: str, prefix: str = "") -> Path:
    """Return the path below a folder of an object that was found by a prefix.

    What lies below the prefix as below a folder keeps its path from there; an object that is named, or whose name the
    prefix only begins, keeps its own name.

    Raises:
        ValueError: see `path_below`.

    """
    name = relative_key(key=key, prefix=prefix)
    return path_below(folder=folder, name=name, what=f"S3 key {shortened(key)}")


def object_paths(*, folder: Path, keys: Iterable[str], prefix: str = "") -> dict[str, Path]:
    """Return the path of each object that was found by a prefix; the markers of empty folders have none.

    Raises:
        ValueError: a key has no path, two have the same, or one is a file where another needs a folder.

    """
    paths = {key: object_path(folder=folder, key=key, prefix=prefix) for key in keys if not key.endswith("/")}
    keys_by_path: dict[Path, str] = {}
    for key, path in paths.items():
        other = keys_by_path.setdefault(path, key)
        if other != key:
            raise ValueError(f"S3 keys {shortened(other)} and {shortened(key)} would be one file; {HINT}")
    for key, path in paths.items():
        for parent in path.parents:
            if parent in keys_by_path:
                other = shortened(keys_by_path[parent])
                raise ValueError(f"S3 key {other} is a file where {shortened(key)} needs a folder; {HINT}")
    return paths


def relative_key(*, key: str, prefix: str) -> str:
    """Return the name by which `object_path` knows an object: with `/` between its parts, and not asked about."""
    folder = as_folder(prefix)
    return key.removeprefix(folder) if key.startswith(folder) else key[prefix.rfind("/") + 1 :]


def _name_problem(part: str) -> str | None:
    """Say why no file can have a name; the words for an empty one, `.` and `..` are SageMaker's."""
    if part in ("", ".", ".."):
        return f"has an illegal char sub-sequence {part if part else '//'!r} in it"
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in part):
        return "has a control character in it"
    if any(0xD800 <= ord(character) < 0xE000 for character in part):
        return "has a surrogate in it, which is half a character"
    size = len(part.encode())
    if size > MOST_BYTES_OF_A_PART:
        return f"has a part of {size:,} bytes, and a file's name may have at most {MOST_BYTES_OF_A_PART}"
    return None
