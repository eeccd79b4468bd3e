"""Model-years of quiet windows of independent rows, each checked with the windows before it.

The spread between windows only takes alarms away, so that the same screen holds, and one of the last 24 hours together.
A window that may ring goes through the analyzer with all of the windows that its check would know.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from benchmarks.populations import RECORDS, SMALL, frame_of, reference_of
from benchmarks.quiet_years import RAISED, Kind, least_p_value, rate_with_interval
from benchmarks.screening import Screen, screen_of
from modelyard.drift import Baseline, Check, profile
from modelyard.drift.analysis import check_profile
from modelyard.drift.verdict.earlier import MOST_WINDOWS, Earlier, Window, earlier_in_order
from modelyard.drift.verdict.hypothesis_test import Scope
from modelyard.drift.verdict.verdict import HOURS_OF_A_YEAR, Budget

ROWS, KNOWN_ROWS = (50, 500), 10_000
# A day's other hours, and those of which the spread is measured.
KNOWN_WINDOWS = 23 + MOST_WINDOWS
TITLES = ("which", "model-years", "alarms", "of days", "a year (95 %)", "worst year", "may ring", "whole", "left out")


@dataclass(kw_only=True, slots=True)
class Followed:
    """A year of windows, of which those that later checks have asked for have been counted."""

    screen: Screen
    baseline: Baseline
    counted: dict[int, Window] = field(default_factory=dict)

    def check(self, *, window: int) -> Check:
        """Return the check of a window that knows those before it; those that may ring come first, in their order."""
        known = [self._counted(number) for number in range(max(0, window - KNOWN_WINDOWS), window)]
        checked = self._check(window, earlier=earlier_in_order(known, hours=1))
        self.counted[window] = _window_of(checked)
        return checked

    def _counted(self, window: int) -> Window:
        """Return what a window has counted, which is the same whatever it knew, but for whether it has changed."""
        if window not in self.counted:
            self.counted[window] = _window_of(self._check(window, earlier=Earlier()))
        return self.counted[window]

    def _check(self, window: int, *, earlier: Earlier) -> Check:
        frame = frame_of(self.screen.populations, cells=self.screen.drawn(window=window))
        return check_profile(profile=profile(frame, baseline=self.baseline), baseline=self.baseline, earlier=earlier)


def _window_of(checked: Check) -> Window:
    if checked.verdict is None or checked.verdict.window is None:
        raise ValueError("a check that knows earlier windows counts its own, this one has not")
    return checked.verdict.window


@dataclass(kw_only=True, slots=True)
class FollowedYear:
    """How many windows may ring, how many ring, how many of those for their day.

    Of the first windows, which are all checked, `events` ring at a thousand a year, and the screen left out `missed`.
    """

    candidates: int
    alarms: int
    of_days: int
    events: int
    missed: int


def followed_year(kind: Kind, *, seed: int, whole: int) -> FollowedYear:
    """Return what a year shows."""
    generator = np.random.default_rng([seed, kind.rows, kind.known_rows, *kind.table.encode()])
    populations = kind.populations()
    cells = [one.cells[generator.integers(0, RECORDS, kind.known_rows)] for one in populations]
    baseline = reference_of(profile(frame_of(populations, cells=cells)))
    screen = screen_of(populations, baseline=baseline, rows=kind.rows, seed=int(generator.integers(1 << 60)))
    year = Followed(screen=screen, baseline=baseline)
    near = screen.flagged(windows=whole, budget=RAISED, with_days=True)
    candidates = np.flatnonzero(screen.flagged(windows=HOURS_OF_A_YEAR, budget=Budget(), with_days=True)).tolist()
    checked = {number: year.check(window=number) for number in sorted({*range(whole), *candidates})}
    values = {number: least_p_value(one) for number, one in checked.items()}
    ringing = [number for number, value in values.items() if value <= Budget().level]
    return FollowedYear(
        candidates=len(candidates),
        alarms=len(ringing),
        of_days=sum(is_of_a_day(checked[number]) for number in ringing),
        events=sum(values[number] <= RAISED.level for number in range(whole)),
        missed=sum(values[number] <= RAISED.level and not near[number] for number in range(whole)),
    )


def is_of_a_day(checked: Check) -> bool:
    """Return whether a check rings for the last 24 hours alone."""
    changed = [one for one in (checked.verdict.aspects if checked.verdict is not None else ()) if one.changed]
    return bool(changed) and all(one.scope is Scope.DAY for one in changed)


def followed(*, years: int, whole: int) -> Iterator[str]:
    """Yield the lines of the table: a kind of table and window each, and all."""
    yield f"| {' | '.join(TITLES)} |"
    yield "|---|" + "---:|" * (len(TITLES) - 1)
    every: list[FollowedYear] = []
    for table in SMALL:
        for rows in ROWS:
            kind = Kind(table=table, wide=False, rows=rows, known_rows=KNOWN_ROWS)
            found = [followed_year(kind, seed=seed, whole=whole if seed == 0 else 0) for seed in range(years)]
            every += found
            yield _line(f"{table}, windows of {rows:,} rows", found, whole=whole)
    yield _line("all", every, whole=whole * len(SMALL) * len(ROWS))


def _line(title: str, years: list[FollowedYear], *, whole: int) -> str:
    alarms = [year.alarms for year in years]
    cells = [
        title,
        f"{len(years)}",
        f"{sum(alarms)}",
        f"{sum(year.of_days for year in years)}",
        rate_with_interval(alarms, years=len(years)),
        f"{max(alarms)}",
        f"{sum(year.candidates for year in years)}",
        f"{whole}: {sum(year.events for year in years)}",
        f"{sum(year.missed for year in years)}",
    ]
    return f"| {' | '.join(cells)} |"
