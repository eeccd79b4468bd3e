"""What a folder holds: which files, and a hash of them that is the same on every machine.

A synth names a script's archive by the hash; later it tells whether the scripts here are still those that were
deployed. Whatever packs, digests or sends a folder asks here which files that is.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from modelyard.manifest.problems import Problem, Reason, Refused

COMPILED = "__pycache__"
KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def digest(*, folder: Path) -> str:
    """Return a hash of the names and contents below a folder.

    Raises:
        Refused: as `files` does.
    """
    found = hashlib.sha256()
    for name, content in contents(folder=folder):
        found.update(f"{name}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def contents(*, folder: Path) -> list[tuple[str, bytes]]:
    """Return the files below a folder in the order of their names, each with its bytes.

    Raises:
        Refused: as `files` does.
    """
    return [(path.relative_to(folder).as_posix(), _bytes(path, folder=folder)) for path in files(folder=folder)]


def files(*, folder: Path) -> list[Path]:
    """Return the files below a folder in the order of their paths, without what tools leave behind.

    A link is not followed: what it stands for was written by somebody else, as `/proc/self/environ` is by whoever
    runs the deploy. A hard link cannot be told from the file that it is; it never leaves the file system, and neither
    git nor an archive brings one in.

    Raises:
        Refused: with a problem for the folder where it is a link, and for each entry that is neither a file nor a
            folder, has a name that cannot be shown, or cannot be read.
    """
    if folder.is_symlink():
        raise Refused([_irregular(folder.name, kind=KINDS[stat.S_IFLNK], folder=folder.parent)])
    problems: list[Problem] = []
    found = sorted(_below(folder, root=folder, problems=problems))
    if problems:
        raise Refused(sorted(problems, key=lambda problem: problem.key))
    return found


def _below(place: Path, *, root: Path, problems: list[Problem]) -> Iterator[Path]:
    try:
        entries = list(os.scandir(place))
    except OSError as error:
        problems.append(_unreadable(place.relative_to(root).as_posix(), error=error, folder=root))
        return
    for entry in entries:
        path = Path(entry.path)
        name = path.relative_to(root).as_posix()
        mode = entry.stat(follow_symlinks=False).st_mode
        # What tools leave behind: compiled files, and whatever is hidden.
        if entry.name == COMPILED or entry.name.endswith(".pyc") or entry.name.startswith("."):
            continue
        if not name.isprintable():
            problems.append(_irregular(name, kind="a name with characters that cannot be seen", folder=root))
        elif stat.S_ISDIR(mode):
            yield from _below(path, root=root, problems=problems)
        elif stat.S_ISREG(mode):
            yield path
        else:
            problems.append(_irregular(name, kind=KINDS.get(stat.S_IFMT(mode), "something else"), folder=root))


def _bytes(path: Path, *, folder: Path) -> bytes:
    """The bytes of the file itself: were it a link by now, it would not be opened."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            return file.read()
    except OSError as error:
        raise Refused([_unreadable(path.relative_to(folder).as_posix(), error=error, folder=folder)]) from error


def _irregular(name: str, *, kind: str, folder: Path) -> Problem:
    return Problem(
        key=name,
        allowed="a file or a folder by itself",
        got=Reason(kind),
        hint="put there what it stands for, or remove it",
        file=str(folder),
    )


def _unreadable(name: str, *, error: OSError, folder: Path) -> Problem:
    return Problem(
        key=name,
        allowed="readable",
        got=Reason(str(error.strerror)),
        hint="change its mode, or remove it",
        file=str(folder),
    )
