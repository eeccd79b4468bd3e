"""The folder in which a local AWS keeps what is there for the next: one archive, written whole or not at all."""

import fcntl
import json
import os
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

FORMAT = 1
ARCHIVE = "state.zip"
UNFINISHED = "state.zip.new"
LOCK = "lock"
ABOUT = "about.json"


class StateError(Exception):
    """A folder that cannot be used: it is somebody else's, of another version or region, or in use."""


class StateFolder:
    """A folder that this process alone uses, until it is left.

    Raises:
        StateError: another process uses it, or it holds what no local AWS has written.

    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            foreign = sorted({file.name for file in path.iterdir()} - {ARCHIVE, UNFINISHED, LOCK})
        except OSError as error:
            raise StateError(f"--state must be a folder, {path} is none: {error.strerror}; name another") from error
        if foreign:
            raise StateError(
                f"--state must be an empty folder or one of the local AWS, {path} has {foreign[0]}; name another"
            )
        self._lock = (path / LOCK).open("a", encoding="utf-8")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise StateError(
                f"--state {path} must be used by one local AWS at a time, another one uses it; end that or name another"
            ) from error

    def read(self, *, region: str) -> dict[str, str]:
        """Return the texts that were kept, by name; none at the first time.

        Raises:
            StateError: they are of another version or region, or damaged.

        """
        archive = self._path / ARCHIVE
        if not archive.exists():
            return {}
        try:
            with zipfile.ZipFile(archive) as kept:
                texts = {name: kept.read(name).decode() for name in kept.namelist()}
            about = json.loads(texts.pop(ABOUT))
            found = {name: about[name] for name in ("format", "ministack", "region")}
        except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
            raise StateError(f"{archive} must be what a local AWS has written, it is damaged: {error!r}") from error
        for name, wanted in self._about(region).items():
            if found[name] != wanted:
                raise StateError(
                    f"{archive} must be of {name} {wanted}, it is of {name} {found[name]}; "
                    "start the local AWS that has written it, or name another folder"
                )
        return texts

    def write(self, texts: Mapping[str, str], *, region: str) -> None:
        """Keep texts in place of those from before, which stay if this ends in the middle.

        Raises:
            StateError: the disk does not take them.

        """
        about = json.dumps(self._about(region))
        new = self._path / UNFINISHED
        try:
            with new.open("wb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                    for name, text in {ABOUT: about, **texts}.items():
                        archive.writestr(name, text)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path / ARCHIVE)
            folder = os.open(self._path, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise StateError(
                f"{self._path / ARCHIVE} could not be written: {error.strerror}; what was kept before is still there"
            ) from error

    @staticmethod
    def _about(region: str) -> dict[str, object]:
        # MiniStack's services are kept in their own form, which another version may not have.
        return {"format": FORMAT, "ministack": version("ministack"), "region": region}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.close()
