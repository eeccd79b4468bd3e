"""What is left of a process: others that name its folder, and addresses that still answer."""

import socket
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def naming(folder: Path) -> list[str]:
    """Return the command lines of all processes whose command or environment names a folder."""
    return [_command(process) for process in _processes() if str(folder) in _said(process)]


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
    return _read(process / "cmdline") + _read(process / "environ")


def _read(file: Path) -> str:
    """Return a file of a process, or nothing of one that has just ended or is another user's."""
    try:
        return file.read_bytes().decode(errors="replace").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""
