"""The volume of a container: a folder that must not grow past a size, watched while its process runs."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

FULL = "OSError: [Errno 28] No space left on device"
GIGABYTE = 1024**3
# Where no VolumeSizeInGB is given.
DEFAULT_BYTES = 30 * GIGABYTE
EVERY_SECONDS = 0.25
# "-i bytes-per-inode" of mke2fs(8), by default.
BYTES_AN_INODE = 16_384
# What the laptop itself must keep, whatever a container's volume may hold.
KEPT_FREE = GIGABYTE // 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Space:
    """Bytes, and files and folders."""

    size: int
    count: int

    def without(self, other: "Space") -> "Space":
        """Return what is left when another space is taken from this one."""
        return Space(size=self.size - other.size, count=self.count - other.count)

    @property
    def exceeded(self) -> bool:
        """Whether more was taken than there was."""
        return self.size < 0 or self.count < 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Volume:
    """A folder, and the bytes that the files below it may have; there may be as many as ext4 would have inodes for."""

    folder: Path
    most_bytes: int = DEFAULT_BYTES

    def left(self) -> Space:
        """Return what may still be written: in this volume, and on the disk that it shares with all others."""
        limit = Space(size=self.most_bytes, count=self.most_bytes // BYTES_AN_INODE)
        left = limit.without(used_by(self.folder))
        free = shutil.disk_usage(self.folder).free - KEPT_FREE
        return Space(size=min(left.size, free), count=left.count)


class VolumeWatch:
    """Watches a volume while used as a context; `on_full` is called once, from a thread of this object.

    No file system is made for it, so what a job writes within a quarter of a second may go past the size.
    """

    def __init__(self, *, volume: Volume, on_full: Callable[[], None]) -> None:
        self._volume = volume
        self._on_full = on_full
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="volume", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = EVERY_SECONDS
        while not self._over.wait(pause):
            started = time.monotonic()
            if self._volume.left().exceeded:
                self._on_full()
                return
            # A folder of very many files takes long to look at, which must not become all that this process does.
            pause = max(EVERY_SECONDS, 10 * (time.monotonic() - started))


def used_by(folder: Path) -> Space:
    """Return the space of all that lies below a folder; what disappears meanwhile counts nothing."""
    size = count = 0
    for parent, folders, names in os.walk(folder):
        count += len(folders) + len(names)
        for name in names:
            try:
                size += (Path(parent) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return Space(size=size, count=count)
