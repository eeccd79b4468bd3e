"""Measure how often the verdict of a check rings for nothing, and how much of a change it finds at the first check.

    python -m benchmarks.verdicts quiet --years 0.2
    python -m benchmarks.verdicts changed --windows 200
    python -m benchmarks.verdicts lasting --windows 20

A year is 8,760 hourly checks of a model. Tables have 70 columns, and windows and baselines are drawn from one
population and profiled by the analyzer; reading files is left out. An adjusted p-value is of no level, so that one run
tells the alarms at one false alarm a year, and at a hundred, of which there are enough to be counted. Beside it stand
the violations of AWS's rules with the constraints that AWS's analyzer suggests: the baseline's own completeness.
"""

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing
import polars

from modelyard.drift import Baseline, Check, Profile, profile
from modelyard.drift.analysis import check_profile, suggest_baseline
from modelyard.drift.documents.statistics import profile_statistics
from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.verdict.column_tests import Floors, column_tests
from modelyard.drift.verdict.earlier import Window, earlier_in_order
from modelyard.drift.verdict.spread import FEWEST_WINDOWS
from modelyard.drift.verdict.verdict import HOURS_OF_A_YEAR, Budget

COLUMNS = 70
# Two of each column, and one of the records.
TESTS = 2 * COLUMNS + 1
A_BASELINE = 50
# A day of its own, and those of which the spread is measured.
PROVISIONAL_HOURS = FEWEST_WINDOWS + 23
SEVERAL = 100
# Three days, and for how long a change lasts that is never found.
QUIET_HOURS, NEVER = 72, 25
SHIFTS = (0.1, 0.25, 0.5)
Boolean = numpy.typing.NDArray[np.bool_]
Draw = Callable[[np.random.Generator, int], Doubles]


@dataclass(frozen=True, kw_only=True, slots=True)
class Law:
    """A column's population: numbers, or texts as the numbers of categories, with a share of gaps and of words."""

    draw: Draw
    text: bool = False
    gaps: float = 0.0
    words: float = 0.0


def normal(mean: float = 0, scale: float = 1) -> Draw:
    """Return a normal column."""
    return lambda generator, rows: generator.normal(mean, scale, rows)


def counter(mean: float) -> Draw:
    """Return a Poisson counter."""
    return lambda generator, rows: generator.poisson(mean, rows).astype(float)


def flag(share: float) -> Draw:
    """Return a flag of 0 and 1."""
    return lambda generator, rows: (generator.random(rows) < share).astype(float)


def categories(shares: Sequence[float]) -> Draw:
    """Return categories of these shares."""
    edges = np.cumsum(np.array(shares) / math.fsum(shares))[:-1]
    return lambda generator, rows: np.searchsorted(edges, generator.random(rows)).astype(float)


def zipf(levels: int, power: float) -> Draw:
    """Return categories of which few are frequent."""
    return categories([1 / rank**power for rank in range(1, levels + 1)])


def exponential(shift: float = 0) -> Draw:
    """Return an exponential column."""
    return lambda generator, rows: generator.exponential(1.0, rows) + shift


def lognormal(shift: float = 0) -> Draw:
    """Return a lognormal column."""
    return lambda generator, rows: generator.lognormal(0.0, 1.0, rows) + shift


def mixed_with(draw: Draw, *, value: float, share: float) -> Draw:
    """Return a column in which one value takes the place of some."""
    return lambda generator, rows: np.where(generator.random(rows) < share, value, draw(generator, rows))


FLAGS = (0.01, 0.05, 0.1, 0.3, 0.5)
GAPS = (0.002, 0.01, 0.05, 0.15, 0.4)
FIVE = (0.4, 0.3, 0.15, 0.1, 0.05)
ZEROS = mixed_with(counter(3), value=0, share=0.9)


def clean() -> list[Law]:
    """70 continuous columns without gaps."""
    laws = (normal(), lognormal(), exponential(), lambda generator, rows: generator.random(rows))
    return [Law(draw=laws[place % 4]) for place in range(COLUMNS)]


def sparse() -> list[Law]:
    """30 flags, 15 counters that are mostly 0, 15 texts, 10 continuous columns; 30 have gaps."""
    return [
        *(Law(draw=flag(FLAGS[place % 5]), gaps=GAPS[place % 5] if place < 10 else 0) for place in range(30)),
        *(Law(draw=ZEROS, gaps=GAPS[place % 5] if place < 10 else 0) for place in range(15)),
        *(Law(draw=zipf(30, 1.0), text=True) for _ in range(15)),
        *(Law(draw=normal(), gaps=GAPS[place % 5]) for place in range(10)),
    ]


def mixed() -> list[Law]:
    """28 continuous columns, 17 counters, 10 flags and 15 texts; 10 have gaps."""
    continuous = (normal(), lognormal(), exponential(), lambda generator, rows: generator.beta(2, 5, rows))
    return [
        *(Law(draw=continuous[place % 4], gaps=GAPS[place % 5] if place < 5 else 0) for place in range(28)),
        *(Law(draw=counter(3), gaps=GAPS[place % 5] if place < 5 else 0) for place in range(7)),
        *(Law(draw=counter(30)) for _ in range(5)),
        *(Law(draw=ZEROS) for _ in range(5)),
        *(Law(draw=flag(FLAGS[place % 5])) for place in range(10)),
        *(Law(draw=categories(FIVE), text=True) for _ in range(7)),
        *(Law(draw=zipf(30, 1.0), text=True) for _ in range(5)),
        *(Law(draw=zipf(100, 1.2), text=True) for _ in range(3)),
    ]


TABLES = {"mixed": mixed, "clean": clean, "sparse": sparse}


def profile_of(
    laws: Sequence[Law], *, rows: int, generator: np.random.Generator, copies: int = 1, known: Baseline | None = None
) -> Profile:
    """Return the profile of a window, of which each row may be there several times; a baseline's texts are counted."""
    columns = {}
    for place, law in enumerate(laws):
        drawn = np.repeat(law.draw(generator, -(-rows // copies)), copies)[:rows]
        present = np.repeat(generator.random(-(-rows // copies)) >= law.gaps, copies)[:rows]
        words = int(generator.binomial(int(present.sum()), law.words))
        columns[f"c{place}"] = _column(drawn, present, words=words, law=law)
    return profile(polars.DataFrame(columns), baseline=known)


def _column(drawn: Doubles, present: Boolean, *, words: int, law: Law) -> polars.Series:
    if not law.text and words == 0:
        whole = bool(np.all(drawn == np.round(drawn)))
        return polars.Series(drawn.astype(np.int64) if whole else drawn).set(~polars.Series(present), None)
    texts = [f"v{value:g}" if law.text else repr(value) for value in drawn.tolist()]
    for place in np.flatnonzero(present)[:words].tolist():
        texts[place] = "word"
    return polars.Series(texts).set(~polars.Series(present), None)


def reference_of(found: Profile) -> Baseline:
    """Return a profile as a baseline, with the completeness that AWS's analyzer suggests: the baseline's own."""
    suggested = suggest_baseline(profile=found)
    features = tuple(
        replace(one, completeness=feature.completeness)
        for one, feature in zip(suggested.constraints.features, found.features, strict=True)
    )
    return replace(suggested, constraints=replace(suggested.constraints, features=features))


def broken_rules(checked: Check) -> dict[str, set[str]]:
    """Return which checks of AWS's rules each column breaks."""
    found: dict[str, set[str]] = {}
    for one in checked.violations:
        found.setdefault(one.feature, set()).add(one.check)
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """A quiet population: of which table, whether rows come several times, and how large a daily cycle is."""

    table: str
    copies: int = 1
    cycle: float = 0.0

    @property
    def title(self) -> str:
        """What the world is called."""
        copies = "" if self.copies == 1 else f", each row {self.copies} times"
        return f"{self.table}{copies}" + ("" if self.cycle == 0 else f", daily cycle of {self.cycle:g} deviations")

    def laws(self, *, hour: int) -> list[Law]:
        """Return the columns at an hour of the day; ten of them follow the cycle."""
        laws, moved = TABLES[self.table](), normal(self.cycle * math.sin(2 * math.pi * hour / 24))
        return laws if self.cycle == 0 else [*(Law(draw=moved) for _ in range(10)), *laws[10:]]

    def baseline(self, *, rows: int, generator: np.random.Generator) -> Baseline:
        """Return a baseline of all hours of the day."""
        laws = self.laws(hour=0)
        if self.cycle > 0:
            for place in range(10):
                laws[place] = Law(draw=self._whole_day)
        return reference_of(profile_of(laws, rows=rows, generator=generator, copies=self.copies))

    def _whole_day(self, generator: np.random.Generator, rows: int) -> Doubles:
        return generator.normal(self.cycle * np.sin(2 * math.pi * generator.integers(0, 24, rows) / 24), 1.0)


def quiet(world: World, *, known_rows: int, rows: int, checks: int, baselines: int, earlier: bool) -> str:
    """Return a line of the table of false alarms.

    With earlier windows the hours of a baseline follow one another, after those in which the spread is provisional.
    """
    once = several = aws = aws_but_completeness = 0
    for seed in range(baselines):
        generator = np.random.default_rng([seed, rows, known_rows])
        reference = world.baseline(rows=known_rows, generator=generator)
        windows: list[Window] = []
        for number in range(-PROVISIONAL_HOURS if earlier else 0, checks // baselines):
            laws = world.laws(hour=number % 24)
            window = profile_of(laws, rows=rows, generator=generator, copies=world.copies, known=reference)
            before = earlier_in_order(windows, hours=1) if earlier else None
            checked = check_profile(profile=window, baseline=reference, earlier=before)
            verdict = checked.verdict
            if verdict is not None and verdict.window is not None:
                windows.append(verdict.window)
            if verdict is None or number < 0:
                continue
            least = min(one.p_value for one in verdict.aspects)
            once += least <= Budget().level
            several += least <= Budget(false_alarms_per_year=SEVERAL).level
            broken = broken_rules(checked)
            aws += bool(broken)
            aws_but_completeness += any(names != {"completeness_check"} for names in broken.values())
    made = checks // baselines * baselines
    years = made / HOURS_OF_A_YEAR
    return (
        f"| {world.title} | {known_rows:,} | {rows:,} | {made:,} | {once} | "
        f"{several} ({several / years / SEVERAL:.2f}) | {aws / years:,.0f} | {aws_but_completeness / years:,.0f} |"
    )


def changes() -> Iterator[tuple[str, Law, Law]]:
    """Yield twelve kinds of change at three sizes: what it is, the column before, and after."""
    for size in (0.25, 0.5, 1.0):
        yield f"normal, mean +{size} sd", Law(draw=normal()), Law(draw=normal(size))
        yield f"exponential, mean +{size} sd", Law(draw=exponential()), Law(draw=exponential(size))
        yield f"lognormal, mean +{size} sd", Law(draw=lognormal()), Law(draw=lognormal(2.161 * size))
        yield f"Poisson(3), mean +{size} sd", Law(draw=counter(3)), Law(draw=counter(3 + math.sqrt(3) * size))
    for scale in (1.25, 1.5, 2.0):
        yield f"normal, sd x{scale}", Law(draw=normal()), Law(draw=normal(scale=scale))
    for share in (0.08, 0.15, 0.25):
        yield f"flag, 5 % to {share:.0%}", Law(draw=flag(0.05)), Law(draw=flag(share))
    for more in (0.05, 0.1, 0.2):
        moved = Law(draw=categories((FIVE[0] - more, FIVE[1] + more, *FIVE[2:])), text=True)
        yield f"text, 30 % to {FIVE[1] + more:.0%}", Law(draw=categories(FIVE), text=True), moved
    for share in (0.01, 0.02, 0.1):
        moved = Law(draw=categories((*(one * (1 - share) for one in FIVE), share)), text=True)
        yield f"new text, {share:.0%} of rows", Law(draw=categories(FIVE), text=True), moved
    for share in (0.01, 0.05, 0.2):
        yield f"missing, 0 to {share:.0%}", Law(draw=normal()), Law(draw=normal(), gaps=share)
    for share in (0.2, 0.25, 0.35):
        yield f"missing, 15 % to {share:.0%}", Law(draw=normal(), gaps=0.15), Law(draw=normal(), gaps=share)
    for share in (0.005, 0.02, 0.1):
        yield f"words among numbers, {share:.1%}", Law(draw=normal()), Law(draw=normal(), words=share)
    for share in (0.005, 0.02, 0.1):
        yield (
            f"-999 among numbers, {share:.1%}",
            Law(draw=normal()),
            Law(draw=mixed_with(normal(), value=-999, share=share)),
        )


def changed(*, known_rows: int, sizes: Sequence[int], windows: int) -> Iterator[str]:
    """Yield a line for each change: the share of windows in which the verdict, and AWS's rules, name its column.

    Each change is taken as the only one of a table of 70 columns, whose tests share the level.
    """
    found = list(changes())
    shown: dict[str, list[str]] = {title: [] for title, _, _ in found}
    for rows in sizes:
        ours, aws = np.zeros(len(found), dtype=int), np.zeros(len(found), dtype=int)
        generator = np.random.default_rng([rows, known_rows])
        for number in range(windows):
            if number % A_BASELINE == 0:
                known = profile_of([law for _, law, _ in found], rows=known_rows, generator=generator)
                reference, statistics = reference_of(known), profile_statistics(profile=known)
            window = profile_of([law for _, _, law in found], rows=rows, generator=generator, known=reference)
            broken = broken_rules(check_profile(profile=window, baseline=reference, budget=None))
            for place, (feature, before) in enumerate(zip(window.features, statistics.features, strict=True)):
                tested = column_tests(current=feature, baseline=before, holds_answers=False, floors=Floors())
                ours[place] += any(test.p_value * TESTS <= Budget().level for test in tested.tests)
                aws[place] += feature.name in broken
        for title, one, other in zip(shown, ours / windows, aws / windows, strict=True):
            shown[title].append(f"{one:.2f} ({other:.2f})")
    for title, shares in shown.items():
        yield f"| {title} | {' | '.join(shares)} |"


def lasting(*, known_rows: int, sizes: Sequence[int], days: int) -> Iterator[str]:
    """Yield a line for each shift of a mean: the share of days that name its column within 1, 3 and 24 hours.

    Hours follow three quiet days; the columns of the three shifts are of one table. In brackets stands what checks
    that know no earlier windows find.
    """
    shown: list[list[str]] = [[] for _ in SHIFTS]
    quiet_laws = [*[Law(draw=normal())] * len(SHIFTS), *clean()[len(SHIFTS) :]]
    for rows in sizes:
        generator = np.random.default_rng([rows, known_rows])
        reference = reference_of(profile_of(quiet_laws, rows=known_rows, generator=generator))
        before: list[Window] = []
        for _ in range(QUIET_HOURS):
            window = profile_of(quiet_laws, rows=rows, generator=generator, known=reference)
            before.append(_next_window(window, reference=reference, before=before)[1])
        found = np.array([_first_hours(reference, before=before, rows=rows, generator=generator) for _ in range(days)])
        for place, cells in enumerate(shown):
            ours, theirs = (
                " ".join(f"{np.mean(found[:, side, place] <= hours):.2g}" for hours in (1, 3, 24)) for side in (0, 1)
            )
            cells.append(f"{ours} ({theirs})")
    for shift, cells in zip(SHIFTS, shown, strict=True):
        yield f"| normal, mean +{shift} sd | {' | '.join(cells)} |"


def _first_hours(
    reference: Baseline, *, before: Sequence[Window], rows: int, generator: np.random.Generator
) -> list[list[int]]:
    """Return the hour of a changed day that first names each column, with earlier windows and without."""
    windows, first = list(before), [[NEVER] * len(SHIFTS), [NEVER] * len(SHIFTS)]
    laws = [*(Law(draw=normal(shift)) for shift in SHIFTS), *clean()[len(SHIFTS) :]]
    for hour in range(1, 25):
        window = profile_of(laws, rows=rows, generator=generator, known=reference)
        named, counted = _next_window(window, reference=reference, before=windows)
        windows.append(counted)
        alone = check_profile(profile=window, baseline=reference).verdict
        by_itself = set() if alone is None else {one.name for one in alone.changed_columns}
        for hours, names in zip(first, (named, by_itself), strict=True):
            for place in range(len(SHIFTS)):
                if f"c{place}" in names:
                    hours[place] = min(hours[place], hour)
    return first


def _next_window(window: Profile, *, reference: Baseline, before: Sequence[Window]) -> tuple[set[str], Window]:
    """Return the columns that a check names which knows the windows before, and what it has counted."""
    verdict = check_profile(profile=window, baseline=reference, earlier=earlier_in_order(before, hours=1)).verdict
    if verdict is None or verdict.window is None:
        raise AssertionError("a baseline with rows gives a verdict")
    return {one.name for one in verdict.changed_columns}, verdict.window


def main() -> None:
    """Measure false alarms, or what is found of changes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("quiet", "changed", "lasting"))
    parser.add_argument("--years", type=float, default=0.05, help="quiet: model-years of each line")
    parser.add_argument("--baselines", type=int, default=4, help="quiet: over how many baselines they are spread")
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--rows", nargs="+", type=int, default=[50, 200, 500, 2000], help="of a window")
    parser.add_argument("--known-rows", nargs="+", type=int, default=[10_000], help="of the baseline")
    parser.add_argument("--copies", type=int, default=1, help="quiet: how often each row is there")
    parser.add_argument("--cycle", type=float, default=0.0, help="quiet: a daily cycle of ten columns, in deviations")
    parser.add_argument("--earlier", action="store_true", help="quiet: each check knows those before it")
    parser.add_argument("--windows", type=int, default=200, help="changed: windows of each line; lasting: days")
    options = parser.parse_args()
    if options.what in ("changed", "lasting"):
        print("| change | " + " | ".join(f"{rows:,} rows" for rows in options.rows) + " |")
        print("|---|" + "---:|" * len(options.rows))
        for known_rows in options.known_rows:
            if options.what == "changed":
                lines = changed(known_rows=known_rows, sizes=options.rows, windows=options.windows)
            else:
                lines = lasting(known_rows=known_rows, sizes=options.rows, days=options.windows)
            for line in lines:
                print(line, flush=True)
        return
    print(
        "| table | baseline | window | checks | alarms at 1 a year | at 100 a year (of those allowed) "
        "| AWS's rules, a year | without completeness |"
    )
    print("|---|" + "---:|" * 7)
    for table in options.tables:
        world = World(table=table, copies=options.copies, cycle=options.cycle)
        for known_rows in options.known_rows:
            for rows in options.rows:
                checks = round(options.years * HOURS_OF_A_YEAR)
                line = quiet(
                    world,
                    known_rows=known_rows,
                    rows=rows,
                    checks=checks,
                    baselines=options.baselines,
                    earlier=options.earlier,
                )
                print(line, flush=True)


if __name__ == "__main__":
    main()
