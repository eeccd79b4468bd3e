"""Files, plain or gzip, in chunks of whole lines or whole CSV records."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Bytes
from modelyard.drift.kernels.csv_records import last_record_end

CHUNK = 1 << 20
LONGEST = 1 << 27
_Ending: TypeAlias = "Callable[[bytearray, int], int]"


def open_file(*, path: Path) -> BinaryIO:
    """Open a file for reading bytes, unpacked when it is gzip.

    Raises:
        DriftError: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        return cast("BinaryIO", gzip.open(path, "rb")) if packed else path.open("rb")
    except OSError as error:
        raise DriftError(f"{path} cannot be read ({error.strerror}); give a file that exists") from error


def line_chunks(*, path: Path) -> Iterator[tuple[Bytes, int]]:
    """Yield (data, stop): data[:stop] are whole lines, valid until the next; the last may lack its line break."""
    return _chunks(path=path, ending=_last_break)


def record_chunks(*, path: Path) -> Iterator[tuple[Bytes, int]]:
    """Yield (data, stop): data[:stop] are whole CSV records, valid until the next, and may be changed."""
    return _chunks(path=path, ending=_last_record)


@dataclass(kw_only=True, slots=True)
class _Window:
    """A buffer of which [0:filled] is read but not yet used."""

    raw: bytearray
    filled: int = 0

    @property
    def data(self) -> Bytes:
        """The buffer as an array over the same memory."""
        return np.frombuffer(self.raw, dtype=np.uint8)

    def fill(self, *, file: BinaryIO, path: Path) -> bool:
        """Read on. Return whether there was anything to read."""
        if self.filled == len(self.raw):
            self.raw = self.raw + bytearray(len(self.raw))
        try:
            count = cast("io.BufferedReader", file).readinto(memoryview(self.raw)[self.filled :])
        except (EOFError, OSError, zlib.error) as error:
            raise DriftError(f"{path} cannot be read to its end ({error}); copy it again") from error
        self.filled += count
        return count > 0

    def drop(self, *, used: int) -> None:
        """Forget what was used."""
        self.raw[: self.filled - used] = self.raw[used : self.filled]
        self.filled -= used


def _chunks(*, path: Path, ending: _Ending) -> Iterator[tuple[Bytes, int]]:
    window = _Window(raw=bytearray(CHUNK))
    with open_file(path=path) as file:
        while window.fill(file=file, path=path):
            end = ending(window.raw, window.filled)
            if end > 0:
                yield window.data, end
                window.drop(used=end)
            elif window.filled > LONGEST:
                raise DriftError(f"{path} has a record of more than {LONGEST} bytes; close its quote or break the line")
    if window.filled > 0:
        yield window.data, window.filled


def _last_break(raw: bytearray, filled: int) -> int:
    newline = raw.rfind(b"\n", 0, filled)
    return newline + 1 if newline >= 0 else raw.rfind(b"\r", 0, filled) + 1


def _last_record(raw: bytearray, filled: int) -> int:
    if raw.find(b'"', 0, filled) < 0:
        return _last_break(raw, filled)
    return last_record_end(np.frombuffer(raw, dtype=np.uint8), filled)
