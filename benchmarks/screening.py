"""A screen of windows: which of a model-year's the verdict may ring for.

The verdict reads a window in milliseconds, and a thousand model-years are 8,760,000 of them. The screen counts a window
in compiled code at the values that the verdict compares, and computes the same p-values by itself. Windows that come
near the limit are drawn again, as tables, and go through the analyzer whole: what rings is what the product says. A
window that the screen leaves out counts as quiet, so that it must never leave out one that rings: the first windows of
each year go through the analyzer whatever the screen says, and where they disagree is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from benchmarks.populations import Cells, Population
from benchmarks.screening_kernels import KNOWN, PART, draw_records, screen_column, screen_days
from modelyard.drift import Baseline
from modelyard.drift.documents.statistics import FeatureStatistics
from modelyard.drift.kernels.arrays import Doubles, Flags
from modelyard.drift.measures.samples import weighted_values
from modelyard.drift.verdict.column_tests import MOST_TIED, QUANTILES, Floors
from modelyard.drift.verdict.hypothesis_test import WHOLE_SKETCH
from modelyard.drift.verdict.shares import SKETCH_ERROR
from modelyard.drift.verdict.verdict import Budget

# For the last digits of p-values that are computed in another order.
MARGIN = 1.01


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
        return [int(count) for count in self.comparisons[:-1, KNOWN]]


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
                comparisons[:-1, PART] /= comparisons[:-1, PART].sum()
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
