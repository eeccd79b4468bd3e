"""Files, plain or gzip, in chunks of whole lines or whole CSV records."""

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias, cast

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Bytes

CHUNK = 1 << 20
LONGEST = 1 << 27
_Ending: TypeAlias = "Callable[[bytearray, int], int]"


def open_file(*, path: Path) -> BinaryIO:
    """Open a file for reading bytes, unpacked when it is gzip.

    Raises:
        DriftError: it cannot be opened.
    """
    try:
        return cast("BinaryIO", gzip.open(path, "rb")) if _is_packed(path) else path.open("rb")
    except OSError as error:
        raise DriftError(f"{path} cannot be read ({error.strerror}); give a file that exists") from error


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def line_chunks(*, path: Path) -> Iterator[tuple[Bytes, int]]:
    """Yield (data, stop): data[:stop] are whole lines, valid until the next; the last may lack its line break."""
    return ((chunk.data, chunk.stop) for chunk in _chunks(path=path, ending=_last_break))


def record_chunks(*, path: Path) -> Iterator[tuple[Bytes, int]]:
    """Yield (data, stop): data[:stop] are whole CSV records, valid until the next, and may be changed."""
    return ((chunk.data, chunk.stop) for chunk in _chunks(path=path, ending=_last_record))


class Chunk(NamedTuple):
    """Whole lines or records data[:stop], valid until the next, and whether they begin a partition of Spark's."""

    data: Bytes
    stop: int
    begins: bool


def line_partitions(*, path: Path, size: int | None) -> Iterator[Chunk]:
    """Yield whole lines; a file is one partition, or with a size as many as it has parts of so many bytes.

    A line belongs to the part in which it begins, and to the one before if it begins at the very first byte, as in
    Hadoop's LineRecordReader. A gzip file cannot be split.
    """
    return _chunks(path=path, ending=_last_break, size=size)


def record_partitions(*, path: Path, size: int | None) -> Iterator[Chunk]:
    """Yield whole CSV records, which may be changed, by partitions as `line_partitions` has them."""
    return _chunks(path=path, ending=_last_record, size=size)


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


def _chunks(*, path: Path, ending: _Ending, size: int | None = None) -> Iterator[Chunk]:
    window, offset, more, begins = _Window(raw=bytearray(CHUNK)), 0, True, True
    with open_file(path=path) as file:
        limit = None if size is None or _is_packed(path) else size
        while more:
            more = window.fill(file=file, path=path)
            end = ending(window.raw, window.filled) if more else window.filled
            if more and end == 0 and window.filled > LONGEST:
                raise DriftError(f"{path} has a record of more than {LONGEST} bytes; close its quote or break the line")
            while end > 0:
                cut = end if limit is None else _cut(window.raw, end, limit=limit, before=offset, ending=ending)
                yield Chunk(data=window.data, stop=cut, begins=begins)
                window.drop(used=cut)
                begins = limit is not None and _part(offset + cut, limit) > _part(offset, limit)
                offset, end = offset + cut, end - cut


def _part(offset: int, size: int) -> int:
    """The number of the part to which a record belongs that begins there."""
    return max(offset - 1, 0) // size


def _cut(raw: bytearray, end: int, *, limit: int, before: int, ending: _Ending) -> int:
    """Return where the records in raw[:end] end that belong to the same part as the first."""
    last = (_part(before, limit) + 1) * limit - before
    newline = raw.find(b"\n", last, end)
    while newline >= 0:
        stop = ending(raw, newline + 1)
        if stop > last:
            return stop
        newline = raw.find(b"\n", newline + 1, end)
    return end


def _last_break(raw: bytearray, filled: int) -> int:
    newline = raw.rfind(b"\n", 0, filled)
    return newline + 1 if newline >= 0 else raw.rfind(b"\r", 0, filled) + 1


def _last_record(raw: bytearray, filled: int) -> int:
    if raw.find(b'"', 0, filled) < 0:
        return _last_break(raw, filled)
    # the compiler is needed, and loaded, for quotes alone: `yard traffic` looks at a file's first lines
    from modelyard.drift.kernels.csv_records import last_record_end

    return last_record_end(np.frombuffer(raw, dtype=np.uint8), filled)
