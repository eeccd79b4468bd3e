"""The one pass: chunks of CSV records in, a profile out, in memory that the number of rows does not change."""

import itertools
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from modelyard.drift.kernels.arrays import REGISTERS, Bytes
from modelyard.drift.kernels.csv_records import (
    ADDED,
    LONG,
    MOST,
    NOT_READ,
    QUOTED_IS_MISSING,
    ROWS,
    SHORT,
    SLOT,
    UNREAD,
    WIDEST,
    Columns,
    Numbers,
    read_records,
)
from modelyard.drift.kernels.moments import RunningMoments, extend_moments
from modelyard.drift.profiling.number_state import NumberState
from modelyard.drift.profiling.profile import FeatureProfile, Profile, Reading, most_tracked
from modelyard.drift.profiling.sketch import Sketches
from modelyard.drift.profiling.value_types import TypeCounts

ENTRIES = 4096
NUMBERS_ROOM = 1 << 19


def _new_columns(*, width: int, slots: int, most: int) -> Columns:
    return Columns(
        kinds=np.zeros((width, 5), dtype=np.int64),
        registers=np.zeros((width, REGISTERS), dtype=np.uint8),
        tracked=np.zeros(width, dtype=np.int64),
        watched=np.zeros(width, dtype=np.uint8),
        table=np.zeros((width, slots), dtype=SLOT),
        short=np.zeros((width, 256), dtype=np.int64),
        totals=np.array([0, 0, 0, most, 0], dtype=np.int64),
    )


def _new_numbers(*, width: int) -> Numbers:
    return Numbers(
        values=np.zeros((width, max(NUMBERS_ROOM // max(width, 1), 64))),
        counts=np.zeros(width, dtype=np.int64),
        unread=np.zeros((ENTRIES + width, 5), dtype=np.int64),
        added=np.zeros((ENTRIES + width, 4), dtype=np.int64),
        progress=np.zeros(3, dtype=np.int64),
    )


def _new_moments(*, width: int) -> RunningMoments:
    return RunningMoments(
        counts=np.zeros(width, dtype=np.int64),
        sums=np.zeros(width),
        wholes=np.zeros(width, dtype=np.int64),
        means=np.zeros(width),
        squares=np.zeros(width),
        minima=np.full(width, np.inf),
        maxima=np.full(width, -np.inf),
    )


def _as_records(*, texts: Sequence[Sequence[str]]) -> Bytes:
    """Return CSV records whose column c holds texts[c], one after the other."""
    rows = itertools.zip_longest(*texts)
    lines = (",".join("" if text is None else '"' + text.replace('"', '""') + '"' for text in row) for row in rows)
    return np.frombuffer(bytearray("\n".join(lines).encode("utf-8", errors="surrogatepass")), dtype=np.uint8)


def _joined(known: Sequence[Any], added: Sequence[Any]) -> list[npt.NDArray[Any]]:
    return [np.concatenate(pair) for pair in zip(known, added, strict=True)]


class Profiler:
    """Profiles records of at least `width` columns.

    Records are read on the caller's thread while the numbers of the chunk before are summed up on a second
    one. Texts in watch[c] are counted exactly in column c however many others there are. An empty text in quotes is a
    value, or missing with `quoted_is_missing`.
    """

    def __init__(self, *, width: int, watch: Sequence[Sequence[str]] = (), quoted_is_missing: bool = False) -> None:
        self._most = most_tracked(width=width)
        texts = self._most + max(map(len, watch), default=0)
        # a power of two, at least twice what is ever in a table
        self._slots = 1 << (2 * texts - 1).bit_length()
        self._columns = _new_columns(width=width, slots=self._slots, most=self._most)
        self._moments = _new_moments(width=width)
        self._sketches = Sketches(columns=width)
        self._before: list[NumberState] = []
        self._numbers = [_new_numbers(width=width), _new_numbers(width=width)]
        self._texts: list[dict[int, str]] = [{} for _ in range(width)]
        self._rows = 0
        self._second_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="drift")
        self._pending: Future[None] | None = None
        self._seeded: list[set[int]] = [set() for _ in range(width)]
        if any(watch):
            self._seed(watch=[watch[column] if column < len(watch) else () for column in range(width)])
        self._columns.totals[QUOTED_IS_MISSING] = quoted_is_missing

    @property
    def width(self) -> int:
        """How many columns are profiled."""
        return len(self._texts)

    @property
    def rows(self) -> int:
        """How many records were read."""
        return self._rows

    def widen(self, *, width: int) -> None:
        """Profile more columns from here on; the records so far have no value there."""
        self._wait()
        extra = _new_columns(width=width - self.width, slots=self._slots, most=self._most)
        totals = self._columns.totals
        totals[SHORT] = self._rows
        self._columns = Columns._make([*_joined(self._columns[:-1], extra[:-1]), totals])
        self._moments = RunningMoments._make(_joined(self._moments, _new_moments(width=width - self.width)))
        self._sketches.grow(columns=width)
        self._numbers = [_new_numbers(width=width), _new_numbers(width=width)]
        self._seeded.extend(set() for _ in range(width - self.width))
        self._texts.extend({} for _ in range(width - self.width))

    def feed(self, *, data: Bytes, start: int, stop: int) -> None:
        """Read the whole records of data[start:stop]; quoted fields are unquoted in place."""
        while start < stop:
            numbers = self._numbers[0]
            numbers.counts[:] = 0
            numbers.progress[:] = 0
            start = read_records(self._columns, numbers, data, start, stop)
            self._rows += int(numbers.progress[ROWS])
            self._keep_texts(data=data, numbers=numbers)
            self._read_in_python(data=data, numbers=numbers)
            self._wait()
            self._pending = self._second_thread.submit(self._summarize, numbers)
            self._numbers.reverse()

    def end_partition(self) -> None:
        """Begin another partition: its numbers are summed up and sketched apart, and merged as Spark merges them."""
        self._before = self._merged_states()
        self._moments = _new_moments(width=self.width)
        self._sketches = Sketches(columns=self.width)

    def _merged_states(self) -> list[NumberState]:
        """What the numbers of each column add up to, over all partitions so far."""
        self._wait()
        states = [self._state(column) for column in range(self.width)]
        if not self._before:
            return states
        # columns may have come since the last partition ended
        before = itertools.chain(self._before, itertools.repeat(NumberState()))
        return [one.merge(state) for one, state in zip(before, states, strict=False)]

    def _state(self, column: int) -> NumberState:
        moments = self._moments
        return NumberState(
            partitions=1,
            count=int(moments.counts[column]),
            sum=float(moments.sums[column]),
            whole=int(moments.wholes[column]),
            mean=float(moments.means[column]),
            squares=float(moments.squares[column]),
            minimum=float(moments.minima[column]),
            maximum=float(moments.maxima[column]),
            sketch=self._sketches.state(column=column),
        )

    def note_empty_rows(self, *, count: int) -> None:
        """Count rows without any value, which as CSV would be blank lines and skipped."""
        self._rows += count
        self._columns.totals[WIDEST] = max(self._columns.totals[WIDEST], 1 if count > 0 else 0)

    def finish(
        self, *, names: Sequence[str], declared: int = 0, reading: Reading | None = None, typed: bool = False
    ) -> Profile:
        """Return the profile of everything read; a column beyond the names is called _c and its position.

        Columns are as many as the widest record has, or as are declared by a header.
        """
        states = self._merged_states()
        self._second_thread.shutdown()
        # The fields that were read through the tables: all hits but the first, or the seed.
        hits, slot_kinds = np.maximum(self._columns.table["hits"] - 1, 0), self._columns.table["kind"]
        for kind in range(1, self._columns.kinds.shape[1]):
            self._columns.kinds[:, kind] += np.where(slot_kinds == kind, hits, 0).sum(axis=1)
        if any(self._seeded):
            self._note_seen_seeds()
        totals = self._columns.totals
        columns = min(self.width, max(int(totals[WIDEST]), declared))
        before = reading if reading is not None else Reading()
        return Profile(
            rows=self._rows,
            width=max(int(totals[WIDEST]), declared),
            features=tuple(
                self._feature(column, names[column] if column < len(names) else f"_c{column}", states[column])
                for column in range(columns)
            ),
            reading=Reading(
                short_rows=int(totals[SHORT]),
                long_rows=int(totals[LONG]),
                unreadable=before.unreadable,
                dropped_by_preprocessor=before.dropped_by_preprocessor,
            ),
            typed=typed,
        )

    def _seed(self, *, watch: Sequence[Sequence[str]]) -> None:
        """Put the watched texts into the tables before any record; each counts one hit too many from then on."""
        data, numbers = _as_records(texts=watch), _new_numbers(width=self.width)
        start = 0
        while start < len(data):
            numbers.progress[:], numbers.counts[:] = 0, 0
            start = read_records(self._columns, numbers, data, start, len(data))
            self._keep_texts(data=data, numbers=numbers)
            self._read_in_python(data=data, numbers=numbers)
        self._seeded = [set(texts) for texts in self._texts]
        for part in (
            self._columns.kinds,
            self._columns.registers,
            self._columns.tracked,
            self._columns.totals[:MOST],
        ):
            part[:] = 0
        hits = self._columns.table["hits"]
        np.minimum(hits, 1, out=hits)
        self._columns.watched[:] = [len(texts) > 0 for texts in watch]

    def _note_seen_seeds(self) -> None:
        """Give the distinct count those watched texts that did occur: their first hit was the seed."""
        seen = [
            [text for slot, text in self._texts[column].items() if slot in slots and self._hits(column, slot) > 0]
            for column, slots in enumerate(self._seeded)
        ]
        data = _as_records(texts=seen)
        again, numbers = (
            _new_columns(width=self.width, slots=self._slots, most=self._most),
            _new_numbers(width=self.width),
        )
        start = 0
        while start < len(data):
            numbers.progress[:], numbers.counts[:] = 0, 0
            start = read_records(again, numbers, data, start, len(data))
        np.maximum(self._columns.registers, again.registers, out=self._columns.registers)

    def _hits(self, column: int, slot: int) -> int:
        return int(self._columns.table["hits"][column, slot]) - (slot in self._seeded[column])

    def _keep_texts(self, *, data: Bytes, numbers: Numbers) -> None:
        # in the order of the file: it is the order in which few categories are written
        for column, slot, start, stop in numbers.added[: numbers.progress[ADDED]].tolist():
            self._texts[column][slot] = data[start:stop].tobytes().decode("utf-8", errors="replace")

    def _read_in_python(self, *, data: Bytes, numbers: Numbers) -> None:
        """Convert the few numbers that need more than 19 digits, or have an extreme exponent."""
        for column, place, slot, start, stop in numbers.unread[: numbers.progress[NOT_READ]].tolist():
            value = float(data[start:stop].tobytes())
            numbers.values[column, place] = value
            if slot >= 0:
                self._columns.table["kind"][column, slot] %= UNREAD
                self._columns.table["value"][column, slot] = value

    def _wait(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None

    def _summarize(self, numbers: Numbers) -> None:
        extend_moments(self._moments, numbers.values, numbers.counts)
        self._sketches.extend(values=numbers.values, counts=numbers.counts)

    def _feature(self, column: int, name: str, state: NumberState) -> FeatureProfile:
        _, fractional, integral, boolean, string = self._columns.kinds[column].tolist()
        missing = self._rows - fractional - integral - boolean - string
        types = TypeCounts(missing=missing, fractional=fractional, integral=integral, boolean=boolean, string=string)
        return FeatureProfile(
            name=name,
            type_counts=types,
            registers=self._columns.registers[column].tobytes(),
            state=state,
            categories=None if self._columns.tracked[column] > self._most else self._counts(column, seeds=False),
            watched=self._counts(column, seeds=True),
        )

    def _counts(self, column: int, *, seeds: bool) -> dict[str, int]:
        counts: dict[str, int] = {}
        for slot, text in self._texts[column].items():
            hits = self._hits(column, slot)
            if slot in self._seeded[column] if seeds else hits > 0:
                # different bytes that are not UTF-8 may have the same text
                counts[text] = counts.get(text, 0) + hits
        return counts
