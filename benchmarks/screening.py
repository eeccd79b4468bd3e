"""A screen of windows: which of a model-year's the verdict may ring for.

The verdict reads a window in milliseconds, and a thousand model-years are 8,760,000 of them. The screen counts a window
in compiled code at the values that the verdict compares, and computes the same p-values by itself. Windows that come
near the limit are drawn again, as tables, and go through the analyzer whole: what rings is what the product says. A
window that the screen leaves out counts as quiet, so that it must never leave out one that rings: the first windows of
each year go through the analyzer whatever the screen says, and where they disagree is counted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing

from benchmarks.populations import Cells, Population
from modelyard.drift import Baseline
from modelyard.drift.documents.statistics import FeatureStatistics
from modelyard.drift.jit import jit_entry, jit_inline
from modelyard.drift.kernels.arrays import Doubles, Integers
from modelyard.drift.measures.samples import weighted_values
from modelyard.drift.verdict.column_tests import MOST_TIED, QUANTILES, Floors
from modelyard.drift.verdict.earlier import DAY_HOURS
from modelyard.drift.verdict.hypothesis_test import WHOLE_SKETCH
from modelyard.drift.verdict.shares import SKETCH_ERROR
from modelyard.drift.verdict.verdict import Budget

# Nearer to the mean than so many deviations no tail is small enough to ring, at up to a thousand alarms a year.
USUAL = 2.0
# In the place of a p-value, where the difference is below its floor.
TOO_SMALL = 4.0
# For the last digits of p-values that are computed in another order.
MARGIN = 1.01
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
S16, S27, S30, S31 = np.uint64(16), np.uint64(27), np.uint64(30), np.uint64(31)
PLACE = np.uint64(0xFFFF)
HOURS_OF_A_DAY = round(DAY_HOURS)
Flags = numpy.typing.NDArray[np.uint8]


@jit_inline
def _mixed(state: np.uint64) -> np.uint64:
    """Return a random number of a state: the finalizer of SplitMix64."""
    first = (state ^ (state >> S30)) * FIRST
    second = (first ^ (first >> S27)) * SECOND
    return second ^ (second >> S31)


@jit_entry
def draw_records(stream: np.uint64, window: np.uint64, cells: Cells, drawn: Cells) -> None:
    """Draw the records of a window with replacement; a stream and a window give the same ones each time."""
    state, bits = _mixed(_mixed(stream) ^ window), stream
    for place in range(len(drawn)):
        if place % 4 == 0:
            state = state + GOLDEN
            bits = _mixed(state)
        drawn[place] = cells[bits & PLACE]
        bits = bits >> S16


@jit_inline
def _count_records(stream: np.uint64, window: np.uint64, rows: int, cells: Cells, counts: Integers) -> None:
    """Count the records that `draw_records` draws, by their cells."""
    counts[:] = 0
    state, bits = _mixed(_mixed(stream) ^ window), stream
    for place in range(rows):
        if place % 4 == 0:
            state = state + GOLDEN
            bits = _mixed(state)
        counts[cells[bits & PLACE]] += 1
        bits = bits >> S16


@jit_inline
def _few(found: float, rows: float, known: float, known_rows: float, error: float) -> float:
    """Return the tail of few: of the beta-binomial distribution, term by term; 1 where it is a usual one."""
    if known == 0:
        return 1.0
    count = np.round(min(1.0, found / rows + error) * rows)
    a, b = known, known_rows - known + 1
    mean = a / (a + b)
    below = rows * mean - count
    if below <= 0 or below * below < USUAL * USUAL * rows * mean * (1 - mean) * (1 + rows / (a + b)):
        return 1.0
    term = math.exp(
        math.lgamma(rows + 1)
        - math.lgamma(count + 1)
        - math.lgamma(rows - count + 1)
        + math.lgamma(count + a)
        + math.lgamma(rows - count + b)
        - math.lgamma(rows + a + b)
        + math.lgamma(a + b)
        - math.lgamma(a)
        - math.lgamma(b)
    )
    total = term
    while count > 0 and term > total * 1e-12:
        term *= count * (rows - count + b) / ((rows - count + 1) * (count - 1 + a))
        total += term
        count -= 1
    return total


@jit_inline
def _share_p_value(
    found: float, rows: float, known: float, known_rows: float, floor: float, only_more: float, error: float
) -> float:
    """Return the p-value of a share, twice a tail that may be 1, or that the difference is too small."""
    difference = found / rows - known / known_rows
    if (difference if only_more > 0 else abs(difference)) < floor:
        return TOO_SMALL
    if difference < 0:
        return 2 * _few(found, rows, known, known_rows, error)
    tail = _few(rows - found, rows, known_rows - known, known_rows, error)
    return tail if only_more > 0 else 2 * tail


@jit_inline
def _ranks_ring(
    counts: Integers, known: Doubles, present: float, known_rows: float, error: float, limit: float
) -> bool:
    """Return whether Wilcoxon's or Mood's score is beyond its limit: midranks, the variance of all permutations."""
    every = present + known_rows
    below = first = second = fourth = own = own_squares = 0.0
    for cell in range(len(known)):
        pooled = counts[cell] + known[cell]
        rank = (below + pooled / 2) / every - 0.5
        square = rank * rank
        below += pooled
        first += pooled * rank
        second += pooled * square
        fourth += pooled * square * square
        own += counts[cell] * rank
        own_squares += counts[cell] * square
    scale = present * known_rows / (every * (every - 1))
    for score, mean, squares in ((own, first / every, second), (own_squares, second / every, fourth)):
        variance = scale * (squares - every * mean * mean)
        if variance > 0:
            distance = abs(score - present * mean) - present * known_rows / every * error
            if distance > limit * math.sqrt(variance):
                return True
    return False


@jit_entry
def screen_column(
    stream: np.uint64,
    rows: int,
    cells: Cells,
    comparisons: Doubles,
    known: Doubles,
    totals: Doubles,
    limits: Doubles,
    counts: Integers,
    found: Integers,
    flagged: Flags,
) -> None:
    """Flag the windows that a column may ring for.

    Args:
        stream: The column's random numbers.
        rows: Of a window.
        cells: The cell of each record; the last is of gaps.
        comparisons: A line each: first and last cell, the baseline's count, part of the level, floor, whether less is
            no change. The last line is of gaps.
        known: The baseline's weight in each cell of numbers whose ranks are compared; else none.
        totals: The baseline's values, and its rows.
        limits: The level of a test, the limit of a rank score, what a sketched baseline may err by.
        counts: Room for the count of each cell.
        found: Of each window, the count of each comparison; without lines none is kept.
        flagged: Of each window, set to 1.
    """
    level, rank_limit, error = limits
    gaps = len(counts) - 1
    for window in range(len(flagged)):
        _count_records(stream, np.uint64(window), rows, cells, counts)
        present = rows - counts[gaps]
        rings, large = False, False
        if present > 0:
            count, last_cell, last_first = 0, -1, -1
            for line in range(len(comparisons) - 1):
                first, last = int(comparisons[line, 0]), int(comparisons[line, 1])
                if first != last_first or last < last_cell:
                    count, last_cell = 0, first - 1
                for cell in range(last_cell + 1, last + 1):
                    count += counts[cell]
                last_cell, last_first = last, first
                if len(found) > 0:
                    found[window, line] = count
                p_value = _share_p_value(
                    count,
                    present,
                    comparisons[line, 2],
                    totals[0],
                    comparisons[line, 4],
                    comparisons[line, 5],
                    error,
                )
                large = large or p_value < TOO_SMALL
                rings = rings or p_value <= level * comparisons[line, 3]
            if large and len(known) > 0 and not rings:
                rings = _ranks_ring(counts, known, present, totals[0], error, rank_limit)
        line = len(comparisons) - 1
        if len(found) > 0:
            found[window, line] = counts[gaps]
        p_value = _share_p_value(
            counts[gaps], rows, comparisons[line, 2], totals[1], comparisons[line, 4], comparisons[line, 5], 0.0
        )
        if rings or p_value <= level * comparisons[line, 3]:
            flagged[window] = 1


@jit_entry
def screen_days(
    rows: int, comparisons: Doubles, totals: Doubles, limits: Doubles, found: Integers, sums: Integers, flagged: Flags
) -> None:
    """Flag the windows with which the last 24 may ring together, as `screen_column` has counted them.

    Args:
        rows: Of a window.
        comparisons: As in `screen_column`, the parts those of a test without ranks.
        totals: As in `screen_column`.
        limits: As in `screen_column`.
        found: Of each window, the count of each comparison.
        sums: Room for the sum of each.
        flagged: Of each window, set to 1.
    """
    gaps = len(comparisons) - 1
    sums[:] = 0
    for window in range(len(flagged)):
        for line in range(len(comparisons)):
            sums[line] += found[window, line]
            if window >= HOURS_OF_A_DAY:
                sums[line] -= found[window - HOURS_OF_A_DAY, line]
        every = rows * min(window + 1, HOURS_OF_A_DAY)
        for line in range(len(comparisons)):
            of_values = line < gaps
            known = totals[0] if of_values else totals[1]
            together = every - sums[gaps] if of_values else every
            if together > 0:
                p_value = _share_p_value(
                    sums[line],
                    together,
                    comparisons[line, 2],
                    known,
                    comparisons[line, 4],
                    comparisons[line, 5],
                    limits[2] if of_values else 0.0,
                )
                if p_value <= limits[0] * comparisons[line, 3]:
                    flagged[window] = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnScreen:
    """What is compared of a column: see `screen_column`."""

    cells: Cells
    comparisons: Doubles
    known: Doubles
    totals: Doubles
    error: float

    @property
    def known_counts(self) -> list[int]:
        """The baseline's count of each comparison of values."""
        return [int(count) for count in self.comparisons[:-1, 2]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """The screen of a table of which each column has a population and a baseline.

    Windows are of one size and drawn by their numbers, from 0 on.
    """

    populations: tuple[Population, ...]
    columns: tuple[ColumnScreen, ...]
    rows: int
    seed: int

    def flagged(self, *, windows: int, budget: Budget, with_days: bool = False) -> Flags:
        """Return of so many windows which may ring, or, with days, those of which the day to their end may, too.

        A verdict that knows earlier windows allows for their spread, which is never less than that of independent rows.
        """
        level = MARGIN * budget.level / (1 + 2 * len(self.columns))
        day_level = MARGIN * budget.level / (1 + 4 * len(self.columns))
        flagged = np.zeros(windows, dtype=np.uint8)
        for place, column in enumerate(self.columns):
            # a rank test has a quarter of the level, and its p-value is of both sides
            limits = np.array([level, -NormalDist().inv_cdf(min(0.5, level / 8)), column.error])
            found = np.zeros((windows if with_days else 0, len(column.comparisons)), dtype=np.int64)
            counts = np.zeros(len(self.populations[place].values) + 1, dtype=np.int64)
            screen_column(
                self._stream(place),
                self.rows,
                column.cells,
                column.comparisons,
                column.known,
                column.totals,
                limits,
                counts,
                found,
                flagged,
            )
            if with_days:
                comparisons = column.comparisons.copy()
                comparisons[:-1, 3] /= comparisons[:-1, 3].sum()
                limits = np.array([day_level, 0.0, column.error])
                sums = np.zeros(len(comparisons), dtype=np.int64)
                screen_days(self.rows, comparisons, column.totals, limits, found, sums, flagged)
        return flagged

    def drawn(self, *, window: int) -> list[Cells]:
        """Return the cells of the records of a window, column by column."""
        found = []
        for place, population in enumerate(self.populations):
            drawn = np.zeros(self.rows, dtype=np.uint16)
            draw_records(self._stream(place), np.uint64(window), population.cells, drawn)
            found.append(drawn)
        return found

    def _stream(self, place: int) -> np.uint64:
        return np.uint64(np.random.SeedSequence([self.seed, place]).generate_state(1, np.uint64)[0])


def screen_of(populations: Sequence[Population], *, baseline: Baseline, rows: int, seed: int) -> Screen:
    """Return the screen of windows of so many rows.

    Raises:
        ValueError: the baseline has no statistics.
    """
    if baseline.statistics is None:
        raise ValueError("a screen needs the statistics of the baseline, it has none")
    columns = tuple(
        (_texts if population.text else _numbers)(population, feature, window_is_sketched=rows > WHOLE_SKETCH)
        for population, feature in zip(populations, baseline.statistics.features, strict=True)
    )
    return Screen(populations=tuple(populations), columns=columns, rows=rows, seed=seed)


def _numbers(population: Population, feature: FeatureStatistics, *, window_is_sketched: bool) -> ColumnScreen:
    known = weighted_values(levels=feature.levels if feature.levels is not None else ())
    weights, last = np.zeros(len(population.values)), len(population.values) - 1
    weights[np.searchsorted(population.values, known.values)] = known.weights
    running = np.cumsum(weights)
    at = np.minimum(np.searchsorted(np.cumsum(known.weights) / known.total, QUANTILES), len(known.values) - 1)
    cuts = np.searchsorted(population.values, np.unique(known.values[at]))
    low, high = known.values[0], known.values[-1]
    if feature.moments is not None:
        low, high = feature.moments.minimum, feature.moments.maximum
    with_ranks = int(known.weights.max()) < MOST_TIED * known.total
    part = (0.5 if with_ranks else 1.0) / (len(cuts) + 2)
    floors, slack = Floors(), SKETCH_ERROR if window_is_sketched else 0.0
    outside = (0.0, part, floors.rare - slack, 1.0)
    lines = [
        (0.0, float(np.searchsorted(population.values, low)) - 1, *outside),
        (float(np.searchsorted(population.values, high)) + 1, float(last), *outside),
        *((0.0, float(cut), float(running[cut]), part, floors.common - slack, 0.0) for cut in cuts),
    ]
    return ColumnScreen(
        cells=population.cells,
        comparisons=np.array([*lines, _gaps(feature, gaps=last + 1, part=0.5)]),
        known=weights if with_ranks else np.zeros(0),
        totals=np.array([known.total, feature.present + feature.missing], dtype=float),
        error=SKETCH_ERROR if known.total > WHOLE_SKETCH else 0.0,
    )


def _texts(population: Population, feature: FeatureStatistics, *, window_is_sketched: bool) -> ColumnScreen:
    del window_is_sketched  # categories are counted
    known = feature.categories if feature.categories is not None else {}
    labels = population.labels
    # the baseline's come first, in its order, so that what it has not are cells in a row
    order = [*map(labels.index, known), *(place for place, label in enumerate(labels) if label not in known)]
    cells = np.empty(len(labels) + 1, dtype=np.uint16)
    cells[[*order, len(labels)]] = np.arange(len(labels) + 1)
    part, floors = 1 / (len(known) + 1), Floors()
    once = float(sum(count == 1 for count in known.values()))
    lines = [
        *(
            (float(place), float(place), float(count), part, floors.common, 0.0)
            for place, count in enumerate(known.values())
        ),
        (float(len(known)), len(labels) - 1.0, once, part, floors.rare, 1.0),
    ]
    return ColumnScreen(
        cells=cells[population.cells],
        comparisons=np.array([*lines, _gaps(feature, gaps=len(labels), part=1)]),
        known=np.zeros(0),
        totals=np.array([feature.present, feature.present + feature.missing], dtype=float),
        error=0.0,
    )


def _gaps(feature: FeatureStatistics, *, gaps: int, part: float) -> tuple[float, ...]:
    floor = Floors().common if feature.missing > 0 else Floors().rare
    return (float(gaps), float(gaps), float(feature.missing), part, floor, 0.0)
