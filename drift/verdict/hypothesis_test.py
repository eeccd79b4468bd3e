"""A test of a hypothesis: its comparisons, each of which takes its part of the test's level (Bonferroni)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from statistics import NormalDist

from modelyard.drift.profiling.sketch import SIZE
from modelyard.drift.verdict.earlier import Earlier, History, WindowTest, comparisons_hash
from modelyard.drift.verdict.rank_tests import RankScore
from modelyard.drift.verdict.shares import Counts
from modelyard.drift.verdict.spread import Spread

# A sketch holds all values up to so many; of more it leaves some out.
WHOLE_SKETCH = SIZE + 2
CONFIDENCE = 0.95


class Method(StrEnum):
    """Which test the p-value is of."""

    FISHER = "Fisher's exact test"
    WILCOXON = "Wilcoxon's rank sum test"
    MOOD = "Mood's test of scale"


class Aspect(StrEnum):
    """What a test is about."""

    VALUES = "values"
    MISSING = "missing"
    UNREADABLE = "unreadable"


class Scope(StrEnum):
    """Which records a test is about: the window's, or those of all windows of the 24 hours to its end."""

    WINDOW = "window"
    DAY = "24 hours"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A share of the window beside the baseline's.

    `part` is the part of the test's level that it takes, `floor` the smallest difference that counts: below it the
    p-value is 1. `only_more` is whether less is no change.
    """

    what: str
    counts: Counts
    part: float
    floor: float
    only_more: bool = False

    @property
    def counts_at_all(self) -> bool:
        """Whether the difference is as large as the floor."""
        return (self.counts.difference if self.only_more else abs(self.counts.difference)) >= self.floor

    @cached_property
    def within_test(self) -> float:
        """The p-value as the test counts it."""
        if not self.counts_at_all:
            return 1.0
        p_value = self.counts.many_p_value() if self.only_more else self.counts.p_value()
        return min(1.0, p_value / self.part)


@dataclass(frozen=True, kw_only=True)
class HypothesisTest:
    """A test of a column, or of all records: its comparisons, and rank tests with a quarter of its level each.

    The counts of numbers are those of their sketches.
    """

    aspect: Aspect
    comparisons: tuple[Comparison, ...]
    scope: Scope = Scope.WINDOW
    scores: Mapping[Method, RankScore] = field(default_factory=dict)
    of_numbers: bool = False

    @cached_property
    def shown(self) -> Comparison:
        """The comparison that says most: of a rank test, whose p-value `p_value` may be, it is a cut."""
        return min(self.comparisons, key=lambda one: (one.within_test, -abs(one.counts.difference)))

    @cached_property
    def method(self) -> Method:
        """Whose p-value is the smallest."""
        return min(self._p_values, key=lambda one: self._p_values[one])

    @property
    def p_value(self) -> float:
        """The p-value of the test."""
        return self._p_values[self.method]

    @cached_property
    def _p_values(self) -> dict[Method, float]:
        found = {Method.FISHER: self.shown.within_test}
        if any(one.counts_at_all for one in self.comparisons):
            found |= {method: min(1.0, 4 * score.p_value()) for method, score in self.scores.items()}
        return found

    @property
    def spread(self) -> Spread:
        """The spread that the p-value allows for."""
        return self.shown.counts.spread if self.method is Method.FISHER else self.scores[self.method].spread

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of the difference shown, at 95 % for all comparisons together."""
        z = NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2 / len(self.comparisons))
        return self.shown.counts.interval(z=z)

    def least_detectable(self, *, level: float) -> float | None:
        """Return what change is found at this level four times of five; None where none is.

        It is of the share that is nearest to half of the records.
        """
        middle = min(self.comparisons, key=lambda one: abs(one.counts.known_share - 0.5))
        change = middle.counts.least_detectable(level=level * middle.part)
        return None if change is None else max(change, middle.floor)

    def counted(self, *, changed: bool) -> WindowTest:
        """Return what later windows need of it."""
        return WindowTest(
            comparisons=comparisons_hash(one.what for one in self.comparisons),
            rows=self.comparisons[0].counts.rows,
            found=tuple(one.counts.found for one in self.comparisons),
            scores=tuple(one.score for one in self.scores.values()),
            changed=changed,
        )


def with_spread(test: HypothesisTest, *, history: History) -> HypothesisTest:
    """Return a window's test with the spread that earlier windows show of each of its shares and scores."""
    known_rows = test.comparisons[0].counts.known_rows
    comparisons = tuple(
        replace(one, counts=replace(one.counts, spread=spread))
        for one, spread in zip(test.comparisons, history.spreads(comparisons=len(test.comparisons)), strict=True)
    )
    scores = {
        method: replace(score, spread=history.spread_of_score(place=place, known_rows=known_rows))
        for place, (method, score) in enumerate(test.scores.items())
    }
    return replace(test, comparisons=comparisons, scores=scores)


def history_of(test: HypothesisTest, *, column: str, earlier: Earlier) -> History:
    """Return what earlier windows have counted by the same test."""
    return earlier.history(column=column, aspect=test.aspect, names=[one.what for one in test.comparisons])


def with_earlier(test: HypothesisTest, *, column: str, earlier: Earlier | None) -> tuple[HypothesisTest, ...]:
    """Return a window's test with its spread, and the test of the day where there are other windows of it."""
    if earlier is None:
        return (test,)
    history = history_of(test, column=column, earlier=earlier)
    own = with_spread(test, history=history)
    return (own, _of_day(own, windows=history.day)) if history.day else (own,)


def _of_day(test: HypothesisTest, *, windows: Sequence[WindowTest]) -> HypothesisTest:
    """Return the test of a window and the others of the day: of shares alone, for ranks do not add up."""
    whole = sum(one.part for one in test.comparisons)
    more_sketches = test.of_numbers and any(one.rows > WHOLE_SKETCH for one in windows)
    comparisons = tuple(
        replace(
            one,
            part=one.part / whole,
            counts=replace(
                one.counts,
                found=one.counts.found + sum(window.found[place] for window in windows),
                rows=one.counts.rows + sum(window.rows for window in windows),
                sketches=min(2, one.counts.sketches + more_sketches),
            ),
        )
        for place, one in enumerate(test.comparisons)
    )
    return HypothesisTest(aspect=test.aspect, scope=Scope.DAY, comparisons=comparisons)
