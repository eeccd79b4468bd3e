"""Capture files: one captured record a line."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Bytes
from modelyard.drift.kernels.captures import SPAN_SLOTS, take_captures
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.profiling.profile import Profile, Reading
from modelyard.drift.reading.answers import DeclaredAnswer
from modelyard.drift.reading.file_chunks import line_chunks, line_partitions
from modelyard.drift.reading.json_rows import Row, flatten
from modelyard.drift.reading.records import Record, read_record, record_rows, uncaptured_record
from modelyard.drift.reading.row_batcher import RowBatcher
from modelyard.drift.reading.scripts import ScriptError

Preprocessor: TypeAlias = Callable[[Record], Sequence[Row]]
INPUT, OUTPUT = "endpointInput", "endpointOutput"
BOTH_SIDES = (INPUT, OUTPUT)


class CaptureReader:
    """Reads capture files into a profile: the response's columns first, then the request's.

    Of a declared answer only the one value is read that has the label's place. A preprocessor may also be given lines
    of other data (captured is False then), as for a baseline.
    """

    def __init__(
        self,
        *,
        batcher: RowBatcher,
        sides: Sequence[str],
        preprocessor: Preprocessor | None,
        captured: bool = True,
        answer: DeclaredAnswer | None = None,
        label: str = "",
        partition_bytes: int | None = None,
    ) -> None:
        self._captured = captured
        self._batcher = batcher
        self._sides = tuple(sides)
        self._preprocessor = preprocessor
        self._answer = answer
        self._label = label
        self._partition_bytes = partition_bytes
        self._unreadable: Counter[str] = Counter()
        self._dropped = 0

    def read(self, *, path: Path) -> None:
        """Take all records of a file.

        Raises:
            DriftError: the file cannot be read.
        """
        plain = self._preprocessor is None and self._answer is None and set(self._sides) == set(BOTH_SIDES)
        for data, stop, begins in line_partitions(path=path, size=self._partition_bytes):
            if begins:
                self._batcher.end_partition()
            if plain:
                self._read_fast(data=data, stop=stop)
            else:
                for line in split_lines(data[:stop].tobytes()):
                    self._read_line(line=line)

    def finish(self) -> Profile:
        """Return the profile of all records taken."""
        reading = Reading(unreadable=dict(self._unreadable), dropped_by_preprocessor=self._dropped)
        return self._batcher.finish(reading=reading)

    def _read_fast(self, *, data: Bytes, stop: int) -> None:
        out, state = np.empty(stop + 1, dtype=np.uint8), np.zeros(3 + SPAN_SLOTS, dtype=np.int64)
        start = 0
        while start < stop:
            start = take_captures(data, start, stop, out, state)
            if state[1] > 0:
                self._batcher.add_records(text=out[: state[0] - 1].tobytes(), width=int(state[2]))
            if start < stop:
                end = _line_end(data=data, start=start, stop=stop)
                self._read_line(line=data[start:end].tobytes())
                start = end + 1

    def _read_line(self, *, line: bytes) -> None:
        if not line.strip():
            return
        try:
            self._add_rows(read_record(line=line) if self._captured else uncaptured_record(line=line))
        except ScriptError:
            raise
        except DriftError as error:
            self._unreadable[str(error)] += 1

    def _add_rows(self, record: Record) -> None:
        if self._preprocessor is None and self._answer is not None:
            for value, request in self._answer.rows(record=record):
                if isinstance(request, dict):
                    self._batcher.add_named(parts=[{self._label: value}, request])
                else:
                    self._batcher.add_values(values=[value, *request])
            return
        if self._preprocessor is None:
            for parts in record_rows(record=record, sides=self._sides):
                named = [part for part in parts if isinstance(part, dict)]
                if len(named) == len(parts):
                    self._batcher.add_named(parts=named)
                    continue
                values: list[str | None] = []
                for part in parts:
                    values.extend(part.values() if isinstance(part, dict) else part)
                self._batcher.add_values(values=values)
            return
        prepared = self._preprocessor(record)
        self._dropped += len(prepared) == 0
        for row in prepared:
            self._batcher.add_named(parts=[flatten(value=row)])


def _line_end(*, data: Bytes, start: int, stop: int) -> int:
    step = 4096
    for first in range(start, stop, step):
        breaks = np.flatnonzero(data[first : min(first + step, stop)] == ord("\n"))
        if len(breaks) > 0:
            return first + int(breaks[0])
    return stop


def looks_captured(*, path: Path) -> bool:
    """Return whether the first line of a file is a captured record."""
    first = next(line_chunks(path=path), None)
    if first is None:
        return False
    data, stop = first
    return b'"captureData"' in data[: min(stop, 4096)].tobytes()
