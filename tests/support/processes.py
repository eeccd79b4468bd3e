"""What is left of a process: others that name its folder, and addresses that still answer."""

import socket
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def naming(folder: Path) -> list[str]:
    """Return the command lines of all processes that have a folder in their command, environment or mounts."""
    # a mount names it as its own file system does
    names = {str(folder), *(f"/{folder.relative_to(place)}" for place in folder.parents if place.is_mount())}
    return [_command(process) for process in _processes() if any(name in _said(process) for name in names)]


def pids(*words: str) -> list[int]:
    """Return the processes whose command has all of these words."""
    return [int(process.name) for process in _processes() if all(word in _command(process) for word in words)]


def environment(pid: int) -> str:
    """Return the environment with which a process was started."""
    return (PROC / str(pid) / "environ").read_bytes().decode().replace("\0", "\n")


def answers(endpoint: str) -> bool:
    """Return whether anything listens at an address such as http://127.0.0.1:80."""
    host, _, port = endpoint.removeprefix("http://").rpartition(":")
    with socket.socket() as client:
        return client.connect_ex((host, int(port))) == 0


def _processes() -> Iterator[Path]:
    return (process for process in PROC.iterdir() if process.name.isdigit())


def _command(process: Path) -> str:
    return _read(process / "cmdline")


def _said(process: Path) -> str:
    return _read(process / "cmdline") + _read(process / "environ") + _read(process / "mountinfo")


def _read(file: Path) -> str:
    """Return a file of a process, or nothing of one that has just ended or is another user's."""
    try:
        return file.read_bytes().decode(errors="replace").replace("\0", " ")
    except OSError:
        return ""
