"""The archives that travel between S3 and a container: sourcedir, model and output, each a tar.gz."""

import gzip
import os
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from modelyard.rehearsal.containers.filtered_tarfile import tarfile
from modelyard.rehearsal.containers.volumes import Space, Volume, used_by

# What names a member that follows, or says more of it; a name is at most as long as a path may be.
EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
LONGEST_EXTENSION = 65_536
TOO_LARGE = "it needs more space than its volume has left; raise VolumeSizeInGB, or make it smaller"
UNUSABLE = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, OverflowError, RecursionError)


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
        members: dict[str, Path] = {}
        for folder in folders:
            for path in folder.rglob("*"):
                members.setdefault(path.relative_to(folder).as_posix(), path)
        for name, path in sorted(members.items()):
            if path.is_symlink() and not path.is_file():
                raise ValueError(
                    f"{path} must be a file or a folder to be packed, got a link to no file; copy it instead"
                )
            if path.is_symlink() and not any(path.resolve().is_relative_to(root) for root in roots):
                raise ValueError(
                    f"{path} must be a file of the folder to be packed, got a link out of it; copy it instead"
                )
            entry = tar.gettarinfo(path, arcname=name)
            if not (entry.isfile() or entry.isdir()):
                raise ValueError(f"{path} must be a file or a folder to be packed, got a socket, pipe or device")
            # Of a file's owner, time and mode it counts only whether it can be run: the same contents, the same bytes.
            entry.uid = entry.gid = entry.mtime = 0
            entry.uname = entry.gname = ""
            entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
            if entry.isdir():
                tar.addfile(entry)
                continue
            with path.open("rb") as content:
                tar.addfile(entry, content)
    return partial.replace(archive)


def unpack(*, source: Path, volume: Volume, folder: Path) -> None:
    """Put a folder's contents, or a tar.gz's, into `folder`, as far as its volume has space.

    A link in an archive becomes a copy of the file that it points at, which must come before it: so no path leads
    through one.

    Raises:
        ValueError: the source is missing, is no tar.gz, contains the folder itself, is larger than what is left of
            the volume, or holds what is neither file nor folder, what would land outside the folder, or what the
            file system cannot hold.

    """
    if source.is_dir():
        if folder.resolve().is_relative_to(source.resolve()):
            raise ValueError(f"{folder} must not lie inside {source}, which is copied there; choose another folder")
        if volume.left().without(used_by(source)).exceeded:
            raise ValueError(f"{source} must fit: {TOO_LARGE}")
        try:
            shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        except OSError as error:
            raise ValueError(f"{source} must be a folder that can be copied: {error}") from error
        return
    try:
        _extract(source=source, left=volume.left(), folder=folder)
    except FileNotFoundError as error:
        raise ValueError(f"{source} must be a folder or a tar.gz, found nothing there") from error
    except UNUSABLE as error:
        raise ValueError(f"{source} must be a tar.gz that unpacks into one folder: {error}") from error


def _extract(*, source: Path, left: Space, folder: Path) -> None:
    with (
        gzip.open(source) as content,
        tarfile.open(fileobj=content, mode="r|", tarinfo=_Entry, errorlevel=2) as tar,
    ):
        for unchecked in tar:
            if unchecked.size < 0:
                raise tarfile.ExtractError(f"{unchecked.name!r} has a size of {unchecked.size} bytes")
            if unchecked.issparse():
                raise tarfile.ExtractError(f"{unchecked.name!r} is a sparse file; pack it without tar's --sparse")
            entry = tarfile.data_filter(unchecked, str(folder)).replace(mtime=0, deep=False)
            original = _original(entry, folder=folder) if entry.islnk() or entry.issym() else None
            left = left.without(Space(size=entry.size if original is None else original.stat().st_size, count=1))
            if left.exceeded:
                raise tarfile.ExtractError(TOO_LARGE)
            if original is None:
                tar.extract(entry, folder, filter="fully_trusted")
            else:
                (folder / entry.name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(original, folder / entry.name)


class _Entry(tarfile.TarInfo):
    """A header that is refused where Python would take it for the archive's end, or read it whole whatever its size."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read one header."""
        try:
            entry = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            # Zeros are the end, and so is nothing at all.
            if not any(buf):
                raise
            raise tarfile.ReadError(f"a header is damaged ({error})") from error
        if entry.type in EXTENSIONS and entry.size > LONGEST_EXTENSION:
            raise tarfile.ReadError(f"a header has {entry.size} bytes, more than {LONGEST_EXTENSION}")
        return entry


def _original(entry: tarfile.TarInfo, *, folder: Path) -> Path:
    """Return the file that a link points at; there are no links below the folder, so that its path is what it says."""
    start = folder / entry.name if entry.issym() else folder / "root"
    original = Path(os.path.normpath(start.parent / entry.linkname))
    if not (original.is_relative_to(folder) and original.is_file()):
        raise tarfile.ExtractError(
            f"{entry.name!r} is a link to {entry.linkname!r}, which is no file that the archive holds before it; "
            "pack a copy of the file"
        )
    return original
