"""What is tested of a column: its values, and what is missing or of another type among them.

A test is made of comparisons, each of which takes its part of the test's level (Bonferroni).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from statistics import NormalDist

import numpy as np

from modelyard.drift.documents.statistics import FeatureStatistics, Moments
from modelyard.drift.measures.samples import WeightedValues, weighted_values
from modelyard.drift.profiling.profile import FeatureProfile
from modelyard.drift.profiling.sketch import SIZE
from modelyard.drift.verdict.rank_tests import rank_p_values
from modelyard.drift.verdict.shares import Counts

FEWEST_ROWS = 20
QUANTILES = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)
# Where one value has more than this share, ranks are mostly ties and the normal law of their sum does not hold.
MOST_TIED = 0.7
# A sketch holds all values up to so many; of more it leaves some out.
WHOLE_SKETCH = SIZE + 2
CONFIDENCE = 0.95
LONGEST_VALUE = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Floors:
    """The smallest differences that count, as shares, however sure they are.

    `common` is for values and for missing cells, `rare` for what the baseline had not at all.
    """

    common: float = 0.03
    rare: float = 0.005


class Method(StrEnum):
    """Which test the p-value is of."""

    FISHER = "Fisher's exact test"
    WILCOXON = "Wilcoxon's rank sum test"
    MOOD = "Mood's test of scale"


NO_RANKS: Mapping[Method, float] = {}


class Aspect(StrEnum):
    """What a test is about."""

    VALUES = "values"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """A share of the window beside the baseline's.

    `part` is the part of the test's level that it takes, `floor` the smallest difference that counts: below it the
    p-value is 1.
    """

    what: str
    counts: Counts
    p_value: float
    part: float
    floor: float

    @property
    def within_test(self) -> float:
        """The p-value as the test counts it."""
        return min(1.0, self.p_value / self.part)


@dataclass(frozen=True, kw_only=True, slots=True)
class HypothesisTest:
    """A finished test of a column, or of all records.

    `shown` is the comparison that says most: of a rank test, whose p-value `p_value` may be, it is a cut. `interval` is
    that of its difference, at 95 % for all comparisons together. `middle` is the comparison nearest to half of the
    records.
    """

    aspect: Aspect
    p_value: float
    method: Method
    shown: Comparison
    interval: tuple[float, float]
    middle: Comparison

    def least_detectable(self, *, level: float) -> float | None:
        """Return what change of the middle share is found at this level four times of five; None where none is."""
        change = self.middle.counts.least_detectable(level=level * self.middle.part)
        return None if change is None else max(change, self.middle.floor)


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnTests:
    """The tests of a column, and why its values were not compared where they were not."""

    name: str
    tests: tuple[HypothesisTest, ...]
    not_compared: str | None = None
    too_few: bool = False


def column_tests(
    *, current: FeatureProfile, baseline: FeatureStatistics, holds_answers: bool, floors: Floors
) -> ColumnTests:
    """Return the tests of a column of a window that has rows.

    A model's answers are only looked at for missing ones: even good ones are not spread as the labels are that the
    baseline has in their place.
    """
    if baseline.present + baseline.missing == 0:
        return ColumnTests(name=baseline.name, tests=(), not_compared="the baseline has no rows")
    if holds_answers:
        missing = _test(Aspect.MISSING, [_missing_values(current, baseline, part=1, floors=floors)])
        return ColumnTests(name=baseline.name, tests=(missing,), not_compared="the baseline has labels in its place")
    missing = _of_missing(current, baseline, floors=floors)
    reason = _not_comparable(current, baseline)
    if reason is not None:
        return ColumnTests(name=baseline.name, tests=(missing,), not_compared=reason)
    if baseline.levels is not None and current.numbers is not None:
        live, known = weighted_values(levels=current.numbers.levels), weighted_values(levels=baseline.levels)
        if min(live.total, known.total) < FEWEST_ROWS:
            return ColumnTests(name=baseline.name, tests=(missing,), too_few=True)
        values = _of_numbers(live, known, moments=baseline.moments, floors=floors)
    else:
        if min(current.type_counts.present, baseline.present) < FEWEST_ROWS:
            return ColumnTests(name=baseline.name, tests=(missing,), too_few=True)
        values = _of_texts(current, baseline, floors=floors)
    return ColumnTests(name=baseline.name, tests=(values, missing))


def unreadable_test(*, unreadable: int, rows: int, known_rows: int, floors: Floors) -> HypothesisTest | None:
    """Return the test of records that could not be read, where all of the baseline's were; None without records."""
    if rows + unreadable == 0:
        return None
    counts = Counts(found=unreadable, rows=rows + unreadable, known=0, known_rows=known_rows)
    return _test(Aspect.UNREADABLE, [_more("records that could not be read", counts, part=1, floor=floors.rare)])


def _more(what: str, counts: Counts, *, part: float, floor: float) -> Comparison:
    """Return the comparison of something of which only more is a change."""
    p_value = counts.many_p_value() if counts.difference >= floor else 1.0
    return Comparison(what=what, counts=counts, p_value=p_value, part=part, floor=floor)


def _other(what: str, counts: Counts, *, part: float, floor: float) -> Comparison:
    """Return the comparison of something of which more is a change, and less as well."""
    p_value = counts.p_value() if abs(counts.difference) >= floor else 1.0
    return Comparison(what=what, counts=counts, p_value=p_value, part=part, floor=floor)


def _test(
    aspect: Aspect, comparisons: Sequence[Comparison], *, ranks: Mapping[Method, float] = NO_RANKS
) -> HypothesisTest:
    """Return the test of comparisons, and of rank tests of the same values, each with a quarter of the level."""
    shown = min(comparisons, key=lambda one: (one.within_test, -abs(one.counts.difference)))
    found = {Method.FISHER: shown.within_test} | {method: min(1.0, 4 * p_value) for method, p_value in ranks.items()}
    method = min(found, key=lambda one: found[one])
    z = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2 / len(comparisons))
    return HypothesisTest(
        aspect=aspect,
        p_value=found[method],
        method=method,
        shown=shown,
        interval=shown.counts.interval(z=z),
        middle=min(comparisons, key=lambda one: abs(one.counts.known_share - 0.5)),
    )


def _missing_values(current: FeatureProfile, baseline: FeatureStatistics, *, part: float, floors: Floors) -> Comparison:
    types, known_rows = current.type_counts, baseline.present + baseline.missing
    rows = types.present + types.missing
    counts = Counts(found=types.missing, rows=rows, known=baseline.missing, known_rows=known_rows)
    floor = floors.common if baseline.missing > 0 else floors.rare
    return _other("missing values", counts, part=part, floor=floor)


def _of_missing(current: FeatureProfile, baseline: FeatureStatistics, *, floors: Floors) -> HypothesisTest:
    if not baseline.inferred.numeric:
        return _test(Aspect.MISSING, [_missing_values(current, baseline, part=1, floors=floors)])
    missing = _missing_values(current, baseline, part=0.5, floors=floors)
    types = current.type_counts
    # a numeric column of a baseline has numbers alone: deequ's type of any other is String
    counts = replace(missing.counts, found=types.string + types.boolean, known=0)
    others = _more("values that are no numbers", counts, part=0.5, floor=floors.rare)
    return _test(Aspect.MISSING, [missing, others])


def _not_comparable(current: FeatureProfile, baseline: FeatureStatistics) -> str | None:
    """Return why values cannot be compared, however many there are."""
    if 0 in (current.type_counts.present, baseline.present):
        return None
    if baseline.inferred.numeric:
        if baseline.levels is None:
            return "the baseline has no sketch of its values"
        return "the window has values that are no numbers" if current.numbers is None else None
    if baseline.categories is None:
        return "the baseline has too many different values to count each"
    if current.categories is None and not baseline.categories.keys() <= current.watched.keys():
        return "the window has too many different values to count each"
    return None


def _of_numbers(
    live: WeightedValues, known: WeightedValues, *, moments: Moments | None, floors: Floors
) -> HypothesisTest:
    sketches = (live.total > WHOLE_SKETCH) + (known.total > WHOLE_SKETCH)
    shares = np.cumsum(known.weights) / known.total
    cuts = np.unique(known.values[np.minimum(np.searchsorted(shares, QUANTILES), len(known.values) - 1)])
    with_ranks = int(known.weights.max()) < MOST_TIED * known.total
    part = (0.5 if with_ranks else 1.0) / (len(cuts) + 2)
    rows = partial(Counts, rows=live.total, known_rows=known.total, sketches=sketches)
    low, high = (moments.minimum, moments.maximum) if moments is not None else known.values[[0, -1]].tolist()
    below, above = int(live.weights[live.values < low].sum()), int(live.weights[live.values > high].sum())
    comparisons = [
        _more(f"values below {low:.6g}", rows(found=below, known=0), part=part, floor=floors.rare),
        _more(f"values above {high:.6g}", rows(found=above, known=0), part=part, floor=floors.rare),
    ]
    for cut in cuts.tolist():
        counts = rows(found=_up_to(live, cut), known=_up_to(known, cut))
        comparisons.append(_other(f"values up to {cut:.6g}", counts, part=part, floor=floors.common))
    ranks = NO_RANKS
    if with_ranks and any(abs(one.counts.difference) >= one.floor for one in comparisons):
        wilcoxon, mood = rank_p_values(current=live, baseline=known, sketches=sketches)
        ranks = {Method.WILCOXON: wilcoxon, Method.MOOD: mood}
    return _test(Aspect.VALUES, comparisons, ranks=ranks)


def _up_to(side: WeightedValues, cut: float) -> int:
    return int(side.weights[: np.searchsorted(side.values, cut, side="right")].sum())


def _of_texts(current: FeatureProfile, baseline: FeatureStatistics, *, floors: Floors) -> HypothesisTest:
    known = baseline.categories if baseline.categories is not None else {}
    live = current.categories if current.categories is not None else current.watched
    part, present = 1 / (len(known) + 1), current.type_counts.present
    rows = partial(Counts, rows=present, known_rows=max(baseline.present, sum(known.values())))
    comparisons = []
    for value, count in known.items():
        counts = rows(found=live.get(value, 0), known=count)
        comparisons.append(_other(f"the value {value[:LONGEST_VALUE]}", counts, part=part, floor=floors.common))
    # Good and Turing: what will be seen for the first time is as frequent as what has been seen once
    once = sum(count == 1 for count in known.values())
    unseen = present - sum(live.get(value, 0) for value in known)
    counts = rows(found=unseen, known=once)
    comparisons.append(_more("values that the baseline has not", counts, part=part, floor=floors.rare))
    return _test(Aspect.VALUES, comparisons)
