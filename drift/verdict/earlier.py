"""What earlier windows have counted: how much unchanged windows vary, and what the last 24 hours are together.

Windows of one baseline are compared at the same values, so that their counts add up exactly, whatever was read when.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.errors import DriftError
from modelyard.drift.verdict.spread import PROVISIONAL, Spread, spread_of_scores, spreads_of_shares

DAY_HOURS = 24.0
# A week of hours; the spread follows the traffic, the baseline does not.
MOST_WINDOWS = 168
RANK_TESTS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowTest:
    """What a test of a window has counted: of `rows` so many `found` by each comparison, and the scores of rank tests.

    `comparisons` is a hash of what was compared: counts of another baseline are of other values. `changed` is what the
    verdict on the window was.

    Raises:
        DriftError: a count is not among the rows, or there are scores of one rank test alone.
    """

    comparisons: str
    rows: int
    found: tuple[int, ...]
    scores: tuple[float, ...] = ()
    changed: bool = False

    def __post_init__(self) -> None:
        if self.rows < 1 or not all(0 <= count <= self.rows for count in self.found):
            raise DriftError(
                f"the counts of a window must be between 0 and its {self.rows} values, which are some, got "
                f"{', '.join(map(str, self.found))}; make the check again"
            )
        if len(self.scores) not in (0, RANK_TESTS) or not all(map(math.isfinite, self.scores)):
            raise DriftError(
                f"the scores of a window must be none or {RANK_TESTS} numbers, got "
                f"{', '.join(map(str, self.scores))}; make the check again"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The tests of a window, by the column and the aspect; times are those of a scheduled check.

    `baseline` is a hash of what it was held against.
    """

    baseline: str
    tests: Mapping[tuple[str, str], WindowTest]
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What earlier windows have counted by one test, those left out in which it has changed."""

    windows: tuple[WindowTest, ...]
    day: tuple[WindowTest, ...]

    def spreads(self, *, comparisons: int) -> list[Spread]:
        """Return the spread of the share of each of so many comparisons."""
        if not self.windows:
            return [PROVISIONAL] * comparisons
        return spreads_of_shares(found=[one.found for one in self.windows], rows=[one.rows for one in self.windows])

    def spread_of_score(self, *, place: int, known_rows: int) -> Spread:
        """Return the spread of the score of a rank test; a part of its own variance is the baseline's."""
        scored = [one for one in self.windows if one.scores]
        own = np.array([one.scores[place] * (1 + one.rows / known_rows) ** 0.5 for one in scored])
        return spread_of_scores(own)


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """Windows before the one that is checked, oldest first.

    `day` are those of the 24 hours to its end, `windows` those before. The spread is measured in these: a small change
    that lasts, which is what the day is tested for, would else hide in the spread that it makes itself. So many of the
    day's as `missing` says are not there, and so many of all as `unreadable` says could not be read.
    """

    windows: tuple[Window, ...] = ()
    day: tuple[Window, ...] = ()
    missing: int = 0
    unreadable: int = 0

    def of_baseline(self, baseline: str) -> "Earlier":
        """Return the windows that were held against this baseline; of the day, others are missing."""
        windows, day = (tuple(one for one in side if one.baseline == baseline) for side in (self.windows, self.day))
        missing = self.missing + len(self.day) - len(day)
        return replace(self, windows=windows, day=day, missing=missing)

    def history(self, *, column: str, aspect: str, names: Sequence[str]) -> History:
        """Return what the windows have counted by this test, whose comparisons have these names."""
        comparisons = comparisons_hash(names)
        sides = [
            tuple(
                test
                for window in windows
                if (test := window.tests.get((column, aspect))) is not None
                and test.comparisons == comparisons
                and len(test.found) == len(names)
                and not test.changed
            )
            for windows in (self.windows, self.day)
        ]
        return History(windows=sides[0], day=sides[1])


def baseline_hash(statistics: Statistics) -> str:
    """Return what tells whether two windows were held against the same baseline."""
    return comparisons_hash(
        repr((one.name, one.inferred.value, one.present, one.missing, one.moments)) for one in statistics.features
    )


def comparisons_hash(names: Iterable[str]) -> str:
    """Return what tells whether two windows were compared at the same values."""
    return hashlib.sha256("\n".join(names).encode("utf-8", errors="surrogatepass")).hexdigest()[:16]


def earlier_in_order(windows: Sequence[Window], *, hours: float) -> Earlier:
    """Return windows of so many hours each, of which the last ends where the one that is checked begins."""
    before = max(0, len(windows) - _windows_of_a_day(hours))
    return Earlier(windows=tuple(windows[max(0, before - MOST_WINDOWS) : before]), day=tuple(windows[before:]))


def earliest_start(*, start: datetime, end: datetime) -> datetime:
    """Return when the first window may begin that a window of these times has to know."""
    return end - timedelta(hours=DAY_HOURS) - (MOST_WINDOWS + 1) * (end - start)


def earlier_by_time(windows: Iterable[Window], *, start: datetime, end: datetime, unreadable: int) -> Earlier:
    """Return those of windows which a schedule would have checked before this one.

    Later ones are left out, so that a check that is made again has the same verdict, and others that overlap with
    one another: windows of another length, or that begin in the midst of a scheduled one.
    """
    length = end - start
    before = {
        one.start: one
        for one in windows
        if one.start is not None
        and one.end is not None
        and one.end <= start
        and one.end - one.start == length
        and (start - one.end) % length == timedelta(0)
    }
    first = end - timedelta(hours=DAY_HOURS)
    day = tuple(before[begin] for begin in sorted(before) if begin >= first)
    return Earlier(
        windows=tuple(before[begin] for begin in sorted(before) if begin < first)[-MOST_WINDOWS:],
        day=day,
        missing=_windows_of_a_day(length / timedelta(hours=1)) - len(day),
        unreadable=unreadable,
    )


def _windows_of_a_day(hours: float) -> int:
    """How many windows of a day there are beside the last."""
    return max(0, int(DAY_HOURS / hours) - 1)
