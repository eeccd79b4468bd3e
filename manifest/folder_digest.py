"""A hash of what a folder holds: the same on every machine, and the name under which it travels.

A synth names a script's archive by it; later it tells whether the scripts here are still those that were deployed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

COMPILED = "__pycache__"


def digest(*, folder: Path) -> str:
    """A hash of the names and contents below a folder."""
    found = hashlib.sha256()
    for name, content in contents(folder=folder):
        found.update(f"{name}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def contents(*, folder: Path) -> list[tuple[str, bytes]]:
    """The files below a folder in the order of their names, each with its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _is_left_out(path.relative_to(folder)))
    return [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in files]


def _is_left_out(path: Path) -> bool:
    """What tools leave behind: compiled files, and whatever is hidden."""
    return path.suffix == ".pyc" or any(part == COMPILED or part.startswith(".") for part in path.parts)
