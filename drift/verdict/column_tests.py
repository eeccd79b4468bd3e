"""What is tested of a column: its values, and what is missing or of another type among them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from modelyard.drift.documents.statistics import FeatureStatistics, Moments
from modelyard.drift.measures.samples import WeightedValues, weighted_values
from modelyard.drift.profiling.profile import FeatureProfile
from modelyard.drift.verdict.earlier import Earlier
from modelyard.drift.verdict.hypothesis_test import (
    WHOLE_SKETCH,
    Aspect,
    Comparison,
    HypothesisTest,
    Method,
    with_earlier,
)
from modelyard.drift.verdict.rank_tests import RankScore, rank_scores
from modelyard.drift.verdict.shares import Counts

FEWEST_ROWS = 20
QUANTILES = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)
# Where one value has more than this share, ranks are mostly ties and the normal law of their sum does not hold.
MOST_TIED = 0.7
LONGEST_VALUE = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Floors:
    """The smallest differences that count, as shares, however sure they are.

    `common` is for values and for missing cells, `rare` for what the baseline had not at all.
    """

    common: float = 0.03
    rare: float = 0.005


NO_SCORES: Mapping[Method, RankScore] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnTests:
    """The tests of a column, and why its values were not compared where they were not.

    `too_few` is whether the window has too few values to test. `counted` is what later windows need, of which these
    values are a part all the same.
    """

    name: str
    tests: tuple[HypothesisTest, ...]
    not_compared: str | None = None
    too_few: bool = False
    counted: tuple[HypothesisTest, ...] = ()


def column_tests(
    *,
    current: FeatureProfile,
    baseline: FeatureStatistics,
    holds_answers: bool,
    floors: Floors,
    earlier: Earlier | None = None,
) -> ColumnTests:
    """Return the tests of a column of a window that has rows.

    A model's answers are only looked at for missing ones: even good ones are not spread as the labels are that the
    baseline has in their place.
    """
    name = baseline.name
    if baseline.present + baseline.missing == 0:
        return ColumnTests(name=name, tests=(), not_compared="the baseline has no rows")
    gaps = _of_missing(current, baseline, holds_answers=holds_answers, floors=floors)
    missing = with_earlier(gaps, column=name, earlier=earlier)
    reason = _not_comparable(current, baseline, holds_answers=holds_answers)
    if reason is not None:
        return ColumnTests(name=name, tests=missing, not_compared=reason, counted=(gaps,))
    if baseline.levels is not None and current.numbers is not None:
        live, known = weighted_values(levels=current.numbers.levels), weighted_values(levels=baseline.levels)
        rows, known_rows = live.total, known.total
        make = partial(_of_numbers, live, known, moments=baseline.moments, always_ranks=earlier is not None)
    else:
        rows, known_rows = current.type_counts.present, baseline.present
        make = partial(_of_texts, current, baseline)
    if rows == 0 or known_rows < FEWEST_ROWS or (rows < FEWEST_ROWS and earlier is None):
        return ColumnTests(name=name, tests=missing, too_few=True, counted=(gaps,))
    values = make(floors=floors)
    tested = with_earlier(values, column=name, earlier=earlier)
    large = tuple(one for one in tested if one.comparisons[0].counts.rows >= FEWEST_ROWS)
    return ColumnTests(name=name, tests=(*large, *missing), too_few=rows < FEWEST_ROWS, counted=(values, gaps))


def unreadable_test(*, unreadable: int, rows: int, known_rows: int, floors: Floors) -> HypothesisTest | None:
    """Return the test of records that could not be read, where all of the baseline's were; None without records."""
    if rows + unreadable == 0:
        return None
    counts = Counts(found=unreadable, rows=rows + unreadable, known=0, known_rows=known_rows)
    more = Comparison(what="records that could not be read", counts=counts, part=1, floor=floors.rare, only_more=True)
    return HypothesisTest(aspect=Aspect.UNREADABLE, comparisons=(more,))


def _missing_values(current: FeatureProfile, baseline: FeatureStatistics, *, part: float, floors: Floors) -> Comparison:
    types, known_rows = current.type_counts, baseline.present + baseline.missing
    rows = types.present + types.missing
    counts = Counts(found=types.missing, rows=rows, known=baseline.missing, known_rows=known_rows)
    floor = floors.common if baseline.missing > 0 else floors.rare
    return Comparison(what="missing values", counts=counts, part=part, floor=floor)


def _of_missing(
    current: FeatureProfile, baseline: FeatureStatistics, *, holds_answers: bool, floors: Floors
) -> HypothesisTest:
    if holds_answers or not baseline.inferred.numeric:
        missing = _missing_values(current, baseline, part=1, floors=floors)
        return HypothesisTest(aspect=Aspect.MISSING, comparisons=(missing,))
    missing = _missing_values(current, baseline, part=0.5, floors=floors)
    types = current.type_counts
    # a numeric column of a baseline has numbers alone: deequ's type of any other is String
    counts = replace(missing.counts, found=types.string + types.boolean, known=0)
    others = Comparison(what="values that are no numbers", counts=counts, part=0.5, floor=floors.rare, only_more=True)
    return HypothesisTest(aspect=Aspect.MISSING, comparisons=(missing, others))


def _not_comparable(current: FeatureProfile, baseline: FeatureStatistics, *, holds_answers: bool) -> str | None:
    """Return why values cannot be compared, however many there are."""
    if holds_answers:
        return "the baseline has labels in its place"
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
    live: WeightedValues, known: WeightedValues, *, moments: Moments | None, floors: Floors, always_ranks: bool
) -> HypothesisTest:
    """Return the test of numbers; ranks cost time, and are always needed only where later windows ask for them."""
    sketches = (live.total > WHOLE_SKETCH) + (known.total > WHOLE_SKETCH)
    shares = np.cumsum(known.weights) / known.total
    cuts = np.unique(known.values[np.minimum(np.searchsorted(shares, QUANTILES), len(known.values) - 1)])
    with_ranks = int(known.weights.max()) < MOST_TIED * known.total
    part = (0.5 if with_ranks else 1.0) / (len(cuts) + 2)
    rows = partial(Counts, rows=live.total, known_rows=known.total, sketches=sketches)
    outside = partial(Comparison, part=part, floor=floors.rare, only_more=True)
    low, high = (moments.minimum, moments.maximum) if moments is not None else known.values[[0, -1]].tolist()
    below, above = int(live.weights[live.values < low].sum()), int(live.weights[live.values > high].sum())
    comparisons = [
        outside(what=f"values below {low:.6g}", counts=rows(found=below, known=0)),
        outside(what=f"values above {high:.6g}", counts=rows(found=above, known=0)),
    ]
    for cut in cuts.tolist():
        counts = rows(found=_up_to(live, cut), known=_up_to(known, cut))
        comparisons.append(Comparison(what=f"values up to {cut:.6g}", counts=counts, part=part, floor=floors.common))
    scores = NO_SCORES
    if with_ranks and (always_ranks or any(one.counts_at_all for one in comparisons)):
        wilcoxon, mood = rank_scores(current=live, baseline=known, sketches=sketches)
        scores = {Method.WILCOXON: wilcoxon, Method.MOOD: mood}
    return HypothesisTest(aspect=Aspect.VALUES, comparisons=tuple(comparisons), scores=scores, of_numbers=True)


def _up_to(side: WeightedValues, cut: float) -> int:
    return int(side.weights[: np.searchsorted(side.values, cut, side="right")].sum())


def _of_texts(current: FeatureProfile, baseline: FeatureStatistics, *, floors: Floors) -> HypothesisTest:
    known = baseline.categories if baseline.categories is not None else {}
    live = current.categories if current.categories is not None else current.watched
    part, present = 1 / (len(known) + 1), current.type_counts.present
    rows = partial(Counts, rows=present, known_rows=max(baseline.present, sum(known.values())))
    comparisons = []
    for value, count in known.items():
        counts, what = rows(found=live.get(value, 0), known=count), f"the value {value[:LONGEST_VALUE]}"
        comparisons.append(Comparison(what=what, counts=counts, part=part, floor=floors.common))
    # Good and Turing: what will be seen for the first time is as frequent as what has been seen once
    once = sum(count == 1 for count in known.values())
    unseen = present - sum(live.get(value, 0) for value in known)
    new = Comparison(
        what="values that the baseline has not",
        counts=rows(found=unseen, known=once),
        part=part,
        floor=floors.rare,
        only_more=True,
    )
    return HypothesisTest(aspect=Aspect.VALUES, comparisons=(*comparisons, new))
