"""The volume of a job: a folder that must not grow past a size, watched while the job runs."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

FULL = "OSError: [Errno 28] No space left on device"
GIGABYTE = 1024**3
_EVERY_SECONDS = 0.25
# What the laptop itself must keep, whatever a job's volume may hold.
_KEPT_FREE = GIGABYTE // 2


class VolumeWatch:
    """Watches a folder while used as a context; `on_full` is called once, from a thread of this object.

    No file system is made for it, so what a job writes within a quarter of a second may go past the size.
    """

    def __init__(self, *, folder: Path, most_bytes: int, on_full: Callable[[], None]) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
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
        while not self._over.wait(_EVERY_SECONDS):
            if self._full():
                self._on_full()
                return

    def _full(self) -> bool:
        return size_of(self._folder) > self._most_bytes or shutil.disk_usage(self._folder).free < _KEPT_FREE


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder; what disappears meanwhile counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total
