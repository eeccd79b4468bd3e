"""The KLL sketch of deequ's QuantileNonSample, k = 2048 and c = 0.64, for many columns at a time.

Which level is compacted when, and which half is kept, follows from the number of values alone. So columns
that have seen equally many values are one matrix, and each of its compactions is one sort.
"""

import math
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np

from modelyard.drift.kernels.arrays import Doubles, Integers

SIZE = 2048
SHRINKING = 0.64
# So many columns are compacted at once: their values fit a processor's cache.
TOGETHER = 32
SIGN = np.int64(2**63 - 1)


def capacity(*, level: int) -> int:
    """Return how many values a level holds before it is compacted; level 0 holds single values."""
    return 2 * (math.ceil(SIZE * SHRINKING**level / 2) + 1)


def total_capacity(*, levels: int) -> int:
    """Return how many values a sketch of so many levels holds."""
    return sum(capacity(level=level) for level in range(levels))


def sorted_totally(values: Doubles) -> Doubles:
    """Return the values in ascending order along the last axis, -0.0 before 0.0 as Java orders doubles."""
    if not np.any((values == 0) & np.signbit(values)):
        return np.sort(values, axis=-1)
    bits = np.ascontiguousarray(values).view(np.int64)
    ordered = np.sort(np.where(bits < 0, bits ^ SIGN, bits), axis=-1)
    return np.where(ordered < 0, ordered ^ SIGN, ordered).view(np.float64)


def offset(*, compactions: int) -> int:
    """Return which half of a level is kept after so many compactions of it: 0, 1, 1, 0, 0, 1, 1, ..."""
    return (compactions + 1) // 2 % 2


NO_VALUES: Doubles = np.zeros(0)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SketchState:
    """The sketch of one column.

    Levels are values of weight 2**level in the order in which they came; compactions, how often each was compacted.
    """

    levels: tuple[Doubles, ...] = (NO_VALUES,)
    compactions: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        for level in self.levels:
            level.setflags(write=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SketchState) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    @property
    def _content(self) -> tuple[object, ...]:
        return self.compactions, tuple(level.tobytes() for level in self.levels)

    def merge(self, other: "SketchState") -> "SketchState":
        """Return the sketch of both, as deequ's QuantileNonSample.merge makes it.

        The compactions of this one go on, those of the other are forgotten; a sketch that is exactly full is compacted.
        """
        levels = [np.concatenate(pair) for pair in zip_longest(self.levels, other.levels, fillvalue=NO_VALUES)]
        compactions = [*self.compactions, *[0] * (len(levels) - len(self.compactions))]
        while sum(map(len, levels)) >= total_capacity(levels=len(levels)):
            full = next(level for level, values in enumerate(levels) if len(values) >= capacity(level=level))
            if full + 1 == len(levels):
                levels.append(NO_VALUES)
                compactions.append(0)
            even = len(levels[full]) // 2 * 2
            kept = sorted_totally(levels[full][:even])[offset(compactions=compactions[full]) :: 2]
            levels[full], levels[full + 1] = levels[full][even:], np.concatenate([levels[full + 1], kept])
            compactions[full] += 1
        return SketchState(levels=tuple(levels), compactions=tuple(compactions))


@dataclass(kw_only=True, slots=True)
class _Schedule:
    """The part of the state that equally many values share."""

    sizes: list[int] = field(default_factory=lambda: [0])
    compactions: list[int] = field(default_factory=lambda: [0])

    def copy(self) -> "_Schedule":
        return _Schedule(sizes=list(self.sizes), compactions=list(self.compactions))

    def room(self) -> int:
        return total_capacity(levels=len(self.sizes)) - sum(self.sizes)

    def first_full(self) -> int:
        return next(level for level, size in enumerate(self.sizes) if size >= capacity(level=level))


def _consecutive(numbers: Integers) -> slice | Integers:
    """The numbers as a slice, which is not copied, where each is one more than the one before."""
    first, last = int(numbers[0]), int(numbers[-1])
    return slice(first, last + 1) if last - first == len(numbers) - 1 else numbers


class Sketches:
    """The sketches of all columns of a data set, fed chunk by chunk in the order of the file."""

    def __init__(self, *, columns: int) -> None:
        self._columns = columns
        self._seen = np.zeros(columns, dtype=np.int64)
        self._levels: list[Doubles] = [np.zeros((columns, 0))]
        self._schedules: dict[int, _Schedule] = {0: _Schedule()}

    def grow(self, *, columns: int) -> None:
        """Make room for more columns, which have seen nothing."""
        extra = columns - self._columns
        self._seen = np.concatenate([self._seen, np.zeros(extra, dtype=np.int64)])
        self._levels = [np.pad(level, ((0, extra), (0, 0))) for level in self._levels]
        self._schedules.setdefault(0, _Schedule())
        self._columns = columns

    def extend(self, *, values: Doubles, counts: Integers) -> None:
        """Add the first counts[c] numbers of row c to column c; a column of count 0 is left alone."""
        trajectories = np.stack([self._seen, counts])
        pairs, members = np.unique(trajectories, axis=1, return_inverse=True)
        schedules: dict[int, _Schedule] = {}
        for number, (seen, count) in enumerate(pairs.T.tolist()):
            group = np.flatnonzero(members == number)
            for start in range(0, len(group), TOGETHER):
                schedule = self._schedules[seen].copy()
                self._extend(_consecutive(group[start : start + TOGETHER]), values, count, schedule)
                schedules[seen + count] = schedule
        self._seen = self._seen + counts
        self._schedules = schedules

    def state(self, *, column: int) -> SketchState:
        """Return the sketch of a column."""
        schedule = self._schedules[int(self._seen[column])]
        return SketchState(
            levels=tuple(self._levels[level][column, :size].copy() for level, size in enumerate(schedule.sizes)),
            compactions=tuple(schedule.compactions),
        )

    def _extend(self, group: slice | Integers, values: Doubles, count: int, schedule: _Schedule) -> None:
        taken = 0
        while taken < count:
            step = min(max(schedule.room() + 1, 1), count - taken)
            self._append(group, values[group, taken : taken + step], 0, schedule)
            taken += step
            if schedule.room() < 0:
                self._condense(group, schedule)

    def _append(self, group: slice | Integers, values: Doubles, level: int, schedule: _Schedule) -> None:
        start = schedule.sizes[level]
        stop = start + values.shape[1]
        if level == len(self._levels):
            self._levels.append(np.zeros((self._columns, 0)))
        held = self._levels[level].shape[1]
        if stop > held:
            self._levels[level] = np.pad(self._levels[level], ((0, 0), (0, max(stop, held * 5 // 4, 64) - held)))
        self._levels[level][group, start:stop] = values
        schedule.sizes[level] = stop

    def _condense(self, group: slice | Integers, schedule: _Schedule) -> None:
        level = schedule.first_full()
        if level + 1 == len(schedule.sizes):
            schedule.sizes.append(0)
            schedule.compactions.append(0)
        size = schedule.sizes[level]
        even = size - size % 2
        ordered = sorted_totally(self._levels[level][group, :even])
        # an odd last value stays where it is
        self._levels[level][group, : size - even] = self._levels[level][group, even:size]
        schedule.sizes[level] = size - even
        self._append(group, ordered[:, offset(compactions=schedule.compactions[level]) :: 2], level + 1, schedule)
        schedule.compactions[level] += 1
