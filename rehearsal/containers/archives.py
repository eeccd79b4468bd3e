"""The archives that travel between S3 and a container: sourcedir, model and output, each a tar.gz."""

import gzip
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path


def pack(*, folders: Sequence[Path], archive: Path) -> Path:
    """Pack what the folders hold, the same bytes for the same contents; of two files of a name the first.

    A link becomes a copy of what it points at, as the archive is unpacked elsewhere. The archive appears at
    once and whole: its name is taken only when it is complete.

    Raises:
        ValueError: the folders hold what is neither a file nor a folder, or a link that leads to no file or out of
            them.

    """
    roots = tuple(folder.resolve() for folder in folders)
    partial = archive.with_name(f"{archive.name}.partial")
    with (
        partial.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w", dereference=True, format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, path in sorted(_members(folders=folders).items()):
            _check_link(path, roots=roots)
            _add(tar=tar, name=name, path=path)
    return partial.replace(archive)


def unpack(*, source: Path, folder: Path) -> None:
    """Put a folder's contents, or a tar.gz's, into `folder`.

    Raises:
        ValueError: the source is missing, is no tar.gz, contains the folder itself, or holds a file that
        would land
            outside the folder.

    """
    if source.is_dir():
        if folder.resolve().is_relative_to(source.resolve()):
            raise ValueError(f"{folder} must not lie inside {source}, which is copied there; choose another folder")
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        return
    try:
        with tarfile.open(source, mode="r:gz") as tar:
            tar.extractall(folder, filter="data")
    except FileNotFoundError as error:
        raise ValueError(f"{source} must be a folder or a tar.gz, found nothing there") from error
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"{source} must be a tar.gz that unpacks into one folder: {error}") from error


def _members(*, folders: Sequence[Path]) -> dict[str, Path]:
    members: dict[str, Path] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            members.setdefault(path.relative_to(folder).as_posix(), path)
    return members


def _check_link(path: Path, *, roots: Sequence[Path]) -> None:
    if path.is_symlink() and not path.is_file():
        raise ValueError(f"{path} must be a file or a folder to be packed, got a link to no file; copy it instead")
    if path.is_symlink() and not any(path.resolve().is_relative_to(root) for root in roots):
        raise ValueError(f"{path} must be a file of the folder to be packed, got a link out of it; copy it instead")


def _add(*, tar: tarfile.TarFile, name: str, path: Path) -> None:
    entry = tar.gettarinfo(path, arcname=name)
    if not (entry.isfile() or entry.isdir()):
        raise ValueError(f"{path} must be a file or a folder to be packed, got a socket, pipe or device")
    _forget_origin(entry)
    if entry.isdir():
        tar.addfile(entry)
        return
    with path.open("rb") as content:
        tar.addfile(entry, content)


def _forget_origin(entry: tarfile.TarInfo) -> None:
    """Keep of a file's owner, time and mode only whether it can be run."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
