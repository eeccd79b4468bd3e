"""Rows of Python values, in batches of CSV records for the profiler."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from modelyard.drift.profiling.profile import Profile, Reading
from modelyard.drift.profiling.profiler import Profiler
from modelyard.drift.reading.json_rows import Row, csv_record

BATCH = 1 << 20


class RowBatcher:
    """Takes rows by position or by name.

    Known names are the baseline's, in its order: a row whose names are all known is placed by name, any
    other by position. Without known names, columns are in the order of their parts and, within a part, of
    the alphabet.
    """

    def __init__(self, *, known: Sequence[str], watch: Sequence[Sequence[str]]) -> None:
        self._known, self._watch = tuple(known), watch
        self._known_set = frozenset(known)
        self._columns: dict[tuple[int, str], int] = {}
        self._profiler: Profiler | None = None
        self._batch = bytearray()
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drift-reader")
        self._pending: Future[None] | None = None
        self._widest = len(known)
        self._empty = 0

    def add_records(self, *, text: bytes, width: int) -> None:
        """Take CSV records of at most so many fields, without the last line break."""
        self._widest = max(self._widest, width)
        self._batch += text
        self._batch += b"\n"
        if len(self._batch) >= BATCH:
            self.flush()

    def add_values(self, *, values: Sequence[str | None]) -> None:
        """Take a row by position."""
        if all(value is None for value in values):
            self._empty += 1
        else:
            self.add_records(text=csv_record(values=values).encode("utf-8", errors="surrogatepass"), width=len(values))

    def add_named(self, *, parts: Sequence[Row]) -> None:
        """Take a row by name, in parts: a record's output and its input."""
        names = {name for part in parts for name in part}
        if self._known_set and not names <= self._known_set:
            self.add_values(values=[value for part in parts for value in part.values()])
        elif self._known_set:
            joined = {name: value for part in reversed(parts) for name, value in part.items()}
            self.add_values(values=[joined.get(name) for name in self._known])
        else:
            self._add_unknown(parts=parts)

    def flush(self) -> None:
        """Hand everything taken so far to the profiler, which reads it while more is taken."""
        self._wait_for_profiler()
        self._pending = self._reader.submit(self._feed, self._batch, self._widest)
        self._batch = bytearray()

    def end_partition(self) -> None:
        """Begin another partition, see Profiler; nothing where nothing was taken."""
        if self._batch:
            self.flush()
        self._wait_for_profiler()
        if self._profiler is not None:
            self._profiler.end_partition()

    def _feed(self, batch: bytearray, widest: int) -> None:
        if self._profiler is None:
            self._profiler = Profiler(width=widest, watch=self._watch)
        elif widest > self._profiler.width:
            self._profiler.widen(width=widest)
        data = np.frombuffer(batch, dtype=np.uint8)
        self._profiler.feed(data=data, start=0, stop=len(data))

    def _wait_for_profiler(self) -> None:
        if self._pending is not None:
            self._pending.result()

    def finish(self, *, reading: Reading, typed: bool = False) -> Profile:
        """Return the profile of everything taken; typed columns have one type each."""
        self.flush()
        self._wait_for_profiler()
        self._reader.shutdown()
        profiler = self._profiler if self._profiler is not None else Profiler(width=0)
        profiler.note_empty_rows(count=self._empty)
        if not self._columns:
            return profiler.finish(names=self._known, reading=reading, typed=typed)
        plain = [name for _, name in self._columns]
        kinds = ("output", "input")
        profile = profiler.finish(
            names=[name if plain.count(name) == 1 else f"{kinds[part]}.{name}" for part, name in self._columns],
            reading=reading,
            typed=typed,
        )
        order = [position for _, position in sorted((key, position) for key, position in self._columns.items())]
        beyond = range(len(order), len(profile.features))
        return replace(profile, features=tuple(profile.features[position] for position in (*order, *beyond)))

    def _add_unknown(self, *, parts: Sequence[Row]) -> None:
        values: list[str | None] = [None] * len(self._columns)
        for number, part in enumerate(parts):
            for name, value in part.items():
                position = self._columns.setdefault((number, name), len(self._columns))
                values += [None] * (position + 1 - len(values))
                values[position] = value
        self.add_values(values=values)
        self._widest = max(self._widest, len(values))
