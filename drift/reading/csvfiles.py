"""CSV files, plain or gzip, in chunks of whole records."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from drift.errors import DriftError
from drift.kernels.arrays import Bytes
from drift.kernels.records import last_record_end
from drift.profiling.profile import Profile
from drift.profiling.profiler import Profiler

CHUNK = 1 << 20
LONGEST_RECORD = 1 << 27
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def opened(*, path: Path) -> BinaryIO:
    """Open a file for reading bytes, unpacked when it is gzip. Raise DriftError when it cannot be opened."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return cast("BinaryIO", gzip.open(path, "rb")) if packed else path.open("rb")
    except OSError as error:
        raise DriftError(f"{path} cannot be read ({error.strerror}); give a file that exists") from error


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
            got = cast("io.BufferedReader", file).readinto(memoryview(self.data)[self.filled :])
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DriftError(f"{path} is not a whole gzip file ({error}); copy it again") from error
        self.filled += got
        return got > 0

    def drop(self, *, used: int) -> None:
        self.data[: self.filled - used] = self.data[used : self.filled].copy()
        self.filled -= used


def chunks(*, path: Path) -> Iterator[tuple[Bytes, int]]:
    """Yield (data, stop): data[:stop] are whole records; the caller may change them, and they last until the next.

    Raise DriftError when the file cannot be read, or when a quoted field is so long that its quote was never closed.
    """
    window = _Window(data=np.zeros(CHUNK, dtype=np.uint8))
    with opened(path=path) as file:
        while window.fill(file=file, path=path):
            end = _whole_records(window)
            if end > 0:
                yield window.data, end
                window.drop(used=end)
            elif window.filled > LONGEST_RECORD:
                raise DriftError(
                    f"{path} has a record of more than {LONGEST_RECORD} bytes; close its quote or break the line"
                )
    if window.filled > 0:
        yield window.data, window.filled


def _whole_records(window: _Window) -> int:
    text = window.data[: window.filled]
    if (text == ord('"')).any():
        return last_record_end(window.data, window.filled)
    breaks = np.flatnonzero((text[-CHUNK:] == ord("\n")) | (text[-CHUNK:] == ord("\r")))
    return int(breaks[-1]) + 1 + max(window.filled - CHUNK, 0) if len(breaks) > 0 else 0


def first_record(*, data: Bytes, stop: int) -> tuple[list[str], int]:
    """Return the fields of the first record of data[:stop] and where the next begins; no fields without a record."""
    text = data[:stop].tobytes()
    skipped = len(text) - len(text.lstrip(b"\r\n \t"))
    end = _record_end(text=text, start=skipped)
    line = text[skipped:end].decode("utf-8", errors="replace")
    return next(csv.reader([line], strict=False), []), end


def _record_end(*, text: bytes, start: int) -> int:
    inside = False
    for place in range(start, len(text)):
        if text[place] == ord('"'):
            inside = not inside
        elif text[place] in b"\r\n" and not inside:
            return place
    return len(text)
