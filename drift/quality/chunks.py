"""Lines of records in chunks, the plain ones scanned by compiled code.

Compiling takes seconds in a fresh container, so it is done only for as much data as takes Python longer.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from modelyard.drift.kernels.columns import COLUMNS
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.reading.file_chunks import line_chunks
from modelyard.drift.reading.source import Format, Source

WORTH_COMPILING = 64 << 20
COLUMNS_OF_NONE = (0, -1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """Whole lines, and a row of offsets for each; a row whose second offset is -1 is for Python to read."""

    text: bytes
    rows: Sequence[Sequence[int]]

    def lines(self, *, number: int) -> list[bytes]:
        """Return the lines that a row for Python stands for."""
        start = self.rows[number][0]
        stop = self.rows[number + 1][0] if number + 1 < len(self.rows) else len(self.text)
        return [line for line in split_lines(self.text[start:stop]) if line.strip()]


def record_files(*, folder: Path) -> list[Path]:
    """Return the files of records below a folder, in the order of their paths; a missing folder has none."""
    return Source(path=folder, format=Format.CAPTURE).files() if folder.exists() else []


def worth_compiling(*, paths: Iterable[Path]) -> bool:
    """Return whether the files are so large that compiled code pays."""
    return sum(path.stat().st_size for path in paths) >= WORTH_COMPILING


def chunks(*, path: Path, compiled: bool) -> Iterator[Chunk]:
    """Yield the lines of a file.

    Raises:
        DriftError: it cannot be read.
    """
    for data, stop in line_chunks(path=path):
        yield chunk(text=data[:stop].tobytes(), compiled=compiled)


def chunk(*, text: bytes, compiled: bool) -> Chunk:
    """Return the chunk of whole lines; without compiled code Python reads them all."""
    return Chunk(text=text, rows=_scan(text) if compiled else [COLUMNS_OF_NONE])


def _scan(text: bytes) -> list[list[int]]:
    # loading numba takes longer than merging a small window
    from modelyard.drift.kernels.merging import ROOM, find_records

    data = np.frombuffer(text, dtype=np.uint8)
    rows = np.zeros((text.count(b"\n") + 1, COLUMNS), dtype=np.int64)
    count = find_records(data, len(data), np.zeros(ROOM, dtype=np.int64), rows)
    scanned: list[list[int]] = rows[:count].tolist()
    return scanned
