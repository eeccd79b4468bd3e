"""Files, plain or gzip, in chunks of whole lines or whole CSV records."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import numpy as np

from drift.errors import DriftError
from drift.kernels.arrays import Bytes
from drift.kernels.records import last_record_end

CHUNK = 1 << 20
LONGEST = 1 << 27
_Ending: TypeAlias = "Callable[[Bytes, int], int]"


def opened(*, path: Path) -> BinaryIO:
    """Open a file for reading bytes, unpacked when it is gzip. Raise DriftError when it cannot be opened."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return cast("BinaryIO", gzip.open(path, "rb")) if packed else path.open("rb")
    except OSError as error:
        raise DriftError(f"{path} cannot be read ({error.strerror}); give a file that exists") from error


def line_chunks(*, path: Path) -> Iterator[tuple[Bytes, int]]:
    """Yield (data, stop): data[:stop] are whole lines, valid until the next.

    The last may lack its line break.
    """
    return _chunks(path=path, ending=_last_break)


def record_chunks(*, path: Path) -> Iterator[tuple[Bytes, int]]:
    """Yield (data, stop): data[:stop] are whole CSV records, valid until the next, and may be changed."""
    return _chunks(path=path, ending=_last_record)


@dataclass(kw_only=True, slots=True)
class _Window:
    """A buffer of which [0:filled] is read but not yet used."""

    data: Bytes
    filled: int = 0

    def fill(self, *, file: BinaryIO, path: Path) -> bool:
        """Read on; return whether there was anything."""
        if self.filled == len(self.data):
            self.data = np.concatenate([self.data, np.zeros_like(self.data)])
        try:
            got = cast("io.BufferedReader", file).readinto(self.data[self.filled :].data)
        except (EOFError, OSError, zlib.error) as error:
            raise DriftError(f"{path} cannot be read to its end ({error}); copy it again") from error
        self.filled += got
        return got > 0

    def drop(self, *, used: int) -> None:
        """Forget what was used."""
        self.data[: self.filled - used] = self.data[used : self.filled].copy()
        self.filled -= used


def _chunks(*, path: Path, ending: _Ending) -> Iterator[tuple[Bytes, int]]:
    window = _Window(data=np.zeros(CHUNK, dtype=np.uint8))
    with opened(path=path) as file:
        while window.fill(file=file, path=path):
            end = ending(window.data, window.filled)
            if end > 0:
                yield window.data, end
                window.drop(used=end)
            elif window.filled > LONGEST:
                raise DriftError(
                    f"{path} has a record of more than {LONGEST} bytes; close its quote or break the line"
                )
    if window.filled > 0:
        yield window.data, window.filled


def _last_break(data: Bytes, filled: int) -> int:
    for stop in range(filled, 0, -CHUNK):
        start = max(stop - CHUNK, 0)
        text = data[start:stop]
        breaks = np.flatnonzero((text == ord("\n")) | (text == ord("\r")))
        if len(breaks) > 0:
            return start + int(breaks[-1]) + 1
    return 0


def _last_record(data: Bytes, filled: int) -> int:
    quoted = bool((data[:filled] == ord('"')).any())
    return last_record_end(data, filled) if quoted else _last_break(data, filled)
