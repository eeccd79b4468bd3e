"""Quiet windows whose rows are not independent: rows that come several times, and days and weeks that move columns.

Each window follows the ones before and is checked twice, by itself and with earlier windows, so that all of them go
through the analyzer.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.populations import SMALL, Law, broken_rules, normal, profile_of, reference_of
from benchmarks.quiet_years import SEVERAL, least_p_value
from modelyard.drift import Baseline
from modelyard.drift.analysis import check_profile
from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.verdict.earlier import DAY_HOURS, Window, earlier_in_order
from modelyard.drift.verdict.spread import FEWEST_WINDOWS
from modelyard.drift.verdict.verdict import HOURS_OF_A_YEAR, Budget

# Those of which the spread is measured, and a day.
PROVISIONAL_HOURS = FEWEST_WINDOWS + 23
WEEK, WORKING_HOURS = 168, 120
MOVED = 3
PERSISTENCE = 0.95


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """A quiet population of eight columns, of which three may follow the clock.

    Rows come `copies` times. In deviations: `daily` is the amplitude of a cycle, `weekend` how far two days of the week
    are moved, `wander` how far means wander, with a correlation of 0.95 from hour to hour.
    """

    table: str
    copies: int = 1
    daily: float = 0.0
    weekend: float = 0.0
    wander: float = 0.0

    @property
    def title(self) -> str:
        """What the world is called."""
        parts = {
            "each row {:g} times": self.copies if self.copies > 1 else 0,
            "a daily cycle of {:g} deviations": self.daily,
            "weekends moved by {:g}": self.weekend,
            "means that wander by {:g}": self.wander,
        }
        return ", ".join([self.table, *(text.format(value) for text, value in parts.items() if value > 0)])

    @property
    def moves(self) -> bool:
        """Whether some columns follow the clock."""
        return max(self.daily, self.weekend, self.wander) > 0

    def mean(self, hours: Doubles) -> Doubles:
        """Return the clock's part of the means at these hours; a week begins at 0."""
        found: Doubles = self.daily * np.sin(2 * math.pi * hours / 24) + self.weekend * (hours % WEEK >= WORKING_HOURS)
        return found

    def laws(self, *, hour: int, wandered: Sequence[float]) -> list[Law]:
        """Return the columns at an hour."""
        laws = SMALL[self.table]()
        if not self.moves:
            return laws
        mean = float(self.mean(np.array([hour]))[0])
        return [*(Law(draw=normal(mean + self.wander * step)) for step in wandered), *laws[MOVED:]]

    def baseline(self, *, rows: int, generator: np.random.Generator) -> Baseline:
        """Return a baseline of all hours of a week."""
        laws = SMALL[self.table]()
        if self.moves:
            laws[:MOVED] = [Law(draw=self._whole_week)] * MOVED
        return reference_of(profile_of(laws, rows=rows, generator=generator, copies=self.copies))

    def _whole_week(self, generator: np.random.Generator, rows: int) -> Doubles:
        wandered: Doubles = self.wander * generator.normal(size=rows)
        return self.mean(generator.integers(0, WEEK, rows).astype(float)) + wandered + generator.normal(size=rows)


WORLDS = (
    World(table="mixed"),
    World(table="mixed", copies=2),
    World(table="mixed", copies=5),
    World(table="clean", daily=0.1),
    World(table="clean", daily=0.2),
    World(table="clean", daily=0.2, weekend=0.2),
    World(table="clean", wander=0.1),
)
DEPENDENT_TITLES = (
    "world", "window", "model-years", "alone: alarms, 1 a year", "a year", "10 a year",
    "with earlier windows: alarms, 1 a year", "a year", "10 a year", "AWS's rules, a year", "without completeness",
)  # fmt: skip


@dataclass(kw_only=True, slots=True)
class Alarms:
    """How often has been rung at one a year and at ten."""

    once: int = 0
    several: int = 0

    def count(self, p_value: float) -> None:
        """Count a window."""
        self.once += p_value <= Budget().level
        self.several += p_value <= SEVERAL.level


@dataclass(kw_only=True, slots=True)
class Seen:
    """What windows of a world have shown, and how many there were."""

    windows: int = 0
    alone: Alarms = field(default_factory=Alarms)
    together: Alarms = field(default_factory=Alarms)
    aws: int = 0
    aws_but_completeness: int = 0


def dependent(worlds: Sequence[World], *, rows: int, known_rows: int, years: float, baselines: int) -> Iterator[str]:
    """Yield the lines of the table, one for each world, whose years are divided among so many baselines."""
    yield f"| {' | '.join(DEPENDENT_TITLES)} |"
    yield "|---|" + "---:|" * (len(DEPENDENT_TITLES) - 1)
    hours = round(years * HOURS_OF_A_YEAR / baselines)
    for world in worlds:
        seen = Seen()
        for seed in range(baselines):
            _follow(world, seen=seen, rows=rows, known_rows=known_rows, hours=hours, seed=seed)
        length = seen.windows / HOURS_OF_A_YEAR
        cells = [world.title, f"{rows:,}", f"{length:.2f}"]
        for side in (seen.alone, seen.together):
            cells += [f"{side.once}", f"{side.once / length:,.1f}", f"{side.several}"]
        cells += [f"{count / length:,.0f}" for count in (seen.aws, seen.aws_but_completeness)]
        yield f"| {' | '.join(cells)} |"


def _follow(world: World, *, seen: Seen, rows: int, known_rows: int, hours: int, seed: int) -> None:
    """Check hours that follow one another, and count those after the spread has been measured."""
    generator = np.random.default_rng([seed, rows, known_rows])
    baseline = world.baseline(rows=known_rows, generator=generator)
    windows: list[Window] = []
    wandered = generator.normal(size=MOVED)
    for hour in range(-PROVISIONAL_HOURS, hours):
        steps = generator.normal(size=MOVED) * math.sqrt(1 - PERSISTENCE**2)
        wandered = PERSISTENCE * wandered + steps
        laws = world.laws(hour=hour, wandered=wandered.tolist())
        window = profile_of(laws, rows=rows, generator=generator, copies=world.copies, known=baseline)
        before = earlier_in_order(windows, hours=1)
        together = check_profile(profile=window, baseline=baseline, earlier=before)
        if together.verdict is None or together.verdict.window is None:
            raise ValueError("a check that knows earlier windows counts its own, this one has not")
        windows = [*windows[-(WEEK + round(DAY_HOURS)) :], together.verdict.window]
        if hour < 0:
            continue
        broken = broken_rules(together)
        seen.windows += 1
        seen.together.count(least_p_value(together))
        seen.alone.count(least_p_value(check_profile(profile=window, baseline=baseline)))
        seen.aws += bool(broken)
        seen.aws_but_completeness += any(names != {"completeness_check"} for names in broken.values())
