"""Model-years of windows that nothing has changed in: how often the verdict rings, and what other rules do on the same.

A model-year has a baseline of its own and 8,760 hourly windows of independent rows, drawn from one population. All of
them are screened; the windows that may ring, and the first of each year besides, go through the analyzer whole.
"""

import dataclasses
import functools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.evidently_peer import Evidently
from benchmarks.populations import (
    RECORDS,
    SMALL,
    WIDE,
    Population,
    broken_rules,
    frame_of,
    population_of,
    reference_of,
)
from benchmarks.screening import Screen, screen_of
from modelyard.drift import Baseline, Check, profile
from modelyard.drift.analysis import check_profile
from modelyard.drift.verdict.verdict import HOURS_OF_A_YEAR, Budget

SEVERAL, RAISED = Budget(false_alarms_per_year=10), Budget(false_alarms_per_year=1000)
# 72 kinds of small tables, 15 of wide ones, and 8 of windows whose numbers are sketched.
SMALL_YEARS, WIDE_YEARS, LARGE_YEARS = 13, 7, 1
SMALL_ROWS, WIDE_ROWS = (20, 50, 200, 500, 1000, 2000), (50, 200, 500, 1000, 2000)
# A check of 70 columns takes longer.
LESS = 4
CONFIDENT = 1.96
# Where nothing is seen, fewer than so many are expected, with 95 %.
NONE_SEEN = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of model: its table, the rows of an hour and of the baseline."""

    table: str
    wide: bool
    rows: int
    known_rows: int

    def populations(self) -> list[Population]:
        """Return the populations of the columns, the same for each year."""
        return populations_of(self.table, wide=self.wide)


@functools.cache
def populations_of(table: str, *, wide: bool) -> list[Population]:
    """Return the populations of the columns of a table."""
    generator = np.random.default_rng([wide, *table.encode()])
    return [population_of(law, generator=generator) for law in (WIDE if wide else SMALL)[table]()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Year:
    """What a model-year has shown.

    Alarms are of the verdict, at one a year and at ten. `whole` windows went through the analyzer whatever the
    screen said; of those `events` ring at a thousand a year, and the screen had left out `missed`. On the same windows
    AWS's rules ring `aws` times, and `aws_but_completeness` without that rule; of `peer_windows` evidently names a
    column in `peer_columns`, and the table in `peer_tables`.
    """

    kind: Kind
    seed: int
    windows: int
    candidates: int
    alarms: int
    alarms_of_several: int
    whole: int
    events: int
    missed: int
    aws: int
    aws_but_completeness: int
    peer_windows: int = 0
    peer_columns: int = 0
    peer_tables: int = 0


def plan(*, scale: float) -> Iterator[tuple[Kind, int]]:
    """Yield the kinds and how many years of each: 1,049 together at a scale of 1."""
    for table in WIDE:
        for rows in WIDE_ROWS:
            yield Kind(table=table, wide=True, rows=rows, known_rows=10_000), _years(WIDE_YEARS, scale)
    for table in SMALL:
        for known_rows in (10_000, 100_000):
            yield Kind(table=table, wide=False, rows=20_000, known_rows=known_rows), _years(LARGE_YEARS, scale)
        for rows in SMALL_ROWS:
            for known_rows in (1000, 10_000, 100_000):
                yield Kind(table=table, wide=False, rows=rows, known_rows=known_rows), _years(SMALL_YEARS, scale)


def _years(count: int, scale: float) -> int:
    return max(1, round(count * scale))


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulation:
    """How a year is simulated.

    So many of its first windows go through the analyzer whatever the screen says; evidently checks the very first one
    of so many years of a kind.
    """

    windows: int = HOURS_OF_A_YEAR
    whole: int = 20
    peer: Evidently | None = None
    peer_years: int = 0

    def year(self, kind: Kind, *, seed: int) -> Year:
        """Return what a year shows."""
        generator = np.random.default_rng([seed, kind.rows, kind.known_rows, kind.wide, *kind.table.encode()])
        populations = kind.populations()
        records = [generator.integers(0, RECORDS, kind.known_rows) for _ in populations]
        cells = [one.cells[places] for one, places in zip(populations, records, strict=True)]
        reference = frame_of(populations, cells=cells)
        baseline = reference_of(profile(reference))
        screen = screen_of(populations, baseline=baseline, rows=kind.rows, seed=int(generator.integers(1 << 60)))
        candidates = np.flatnonzero(screen.flagged(windows=self.windows, budget=SEVERAL)).tolist()
        first = range(self.whole if not kind.wide else self.whole // LESS)
        near = screen.flagged(windows=len(first), budget=RAISED)
        numbers = dict.fromkeys([*first, *candidates])
        checked = {number: checked_window(screen, baseline=baseline, window=number) for number in numbers}
        values = {number: least_p_value(one) for number, one in checked.items()}
        broken = [broken_rules(checked[number]) for number in first]
        drifted = []
        if self.peer is not None and seed < self.peer_years:
            window = frame_of(populations, cells=screen.drawn(window=0))
            drifted = self.peer.drifted(reference=reference, windows=[window])
        return Year(
            kind=kind,
            seed=seed,
            windows=self.windows,
            candidates=len(candidates),
            alarms=sum(value <= Budget().level for value in values.values()),
            alarms_of_several=sum(value <= SEVERAL.level for value in values.values()),
            whole=len(first),
            events=sum(values[number] <= RAISED.level for number in first),
            missed=sum(values[number] <= RAISED.level and not near[number] for number in first),
            aws=sum(bool(rules) for rules in broken),
            aws_but_completeness=sum(
                any(names != {"completeness_check"} for names in rules.values()) for rules in broken
            ),
            peer_windows=len(drifted),
            peer_columns=sum(bool(one.columns) for one in drifted),
            peer_tables=sum(one.dataset for one in drifted),
        )


def checked_window(screen: Screen, *, baseline: Baseline, window: int) -> Check:
    """Return the analyzer's check of a window of a screen, from a table on."""
    frame = frame_of(screen.populations, cells=screen.drawn(window=window))
    return check_profile(profile=profile(frame, baseline=baseline), baseline=baseline)


def least_p_value(checked: Check) -> float:
    """Return the adjusted p-value that decides whether the window rings.

    Raises:
        ValueError: no verdict was given.
    """
    if checked.verdict is None:
        raise ValueError("a baseline with rows gives a verdict, this check has none")
    return min(one.p_value for one in checked.verdict.aspects)


def simulated(simulation: Simulation, *, scale: float, results: Path | None, tables: Sequence[str]) -> Iterator[Year]:
    """Yield the years of the plan; those that a file has are read, others written to it."""
    known: dict[tuple[Kind, int], Year] = {}
    if results is not None and results.exists():
        for line in results.read_text(encoding="utf-8").split("\n")[:-1]:
            fields = json.loads(line)
            read = Year(**{**fields, "kind": Kind(**fields["kind"])})
            known[read.kind, read.seed] = read
    planned = [(kind, years) for kind, years in plan(scale=scale) if kind.table in tables]
    # all kinds in turn, so that a run which is ended has some of each
    for seed in range(max(years for _, years in planned)):
        for kind in (kind for kind, years in planned if seed < years):
            year = known.get((kind, seed))
            if year is None:
                year = simulation.year(kind, seed=seed)
                if results is not None:
                    with results.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(dataclasses.asdict(year)) + "\n")
            yield year


TITLES = (
    "which", "model-years", "alarms, 1 a year", "a year (95 %)", "worst year", "10 a year (of those allowed)",
    "AWS's rules, a year", "without completeness", "evidently: a column, a year", "the table, a year",
)  # fmt: skip


def table(years: Sequence[Year]) -> Iterator[str]:
    """Yield the lines of the table of false alarms: by the kind of table, the rows of a window and of a baseline."""
    yield f"| {' | '.join(TITLES)} |"
    yield "|---|" + "---:|" * (len(TITLES) - 1)
    yield from _grouped(
        years, label=lambda kind: f"{kind.table}, {'70' if kind.wide else '8'} columns", order=lambda kind: kind.wide
    )
    yield from _grouped(years, label=lambda kind: f"windows of {kind.rows:,} rows", order=lambda kind: kind.rows)
    yield from _grouped(
        years, label=lambda kind: f"baselines of {kind.known_rows:,} rows", order=lambda kind: kind.known_rows
    )
    yield line("all", years)
    candidates, whole, events, missed, peer = (
        sum(getattr(year, name) for year in years)
        for name in ("candidates", "whole", "events", "missed", "peer_windows")
    )
    yield (
        f"\nWhole through the analyzer: {candidates:,} windows that may ring at 10 a year, and {whole:,} as they came."
        f" Of these {events:,} ring at 1,000 a year; the screen had left out {missed}. Evidently: {peer:,} windows."
    )


def _grouped(years: Sequence[Year], *, label: Callable[[Kind], str], order: Callable[[Kind], int]) -> Iterator[str]:
    ordered = sorted(years, key=lambda year: order(year.kind))
    for title in dict.fromkeys(label(year.kind) for year in ordered):
        yield line(title, [year for year in ordered if label(year.kind) == title])


def line(title: str, years: Sequence[Year]) -> str:
    """Return a line of the table."""
    lengths = sum(year.windows for year in years) / HOURS_OF_A_YEAR
    allowed = sum(year.alarms_of_several for year in years) / lengths / SEVERAL.false_alarms_per_year
    cells = [
        title,
        f"{lengths:,.1f}",
        f"{sum(year.alarms for year in years)}",
        rate_with_interval([year.alarms for year in years], years=lengths),
        f"{max(year.alarms for year in years)}",
        f"{sum(year.alarms_of_several for year in years):,} ({allowed:.2f})",
        *(a_year(years, name, of="whole") for name in ("aws", "aws_but_completeness")),
        *(a_year(years, name, of="peer_windows") for name in ("peer_columns", "peer_tables")),
    ]
    return f"| {' | '.join(cells)} |"


def rate_with_interval(alarms: Sequence[int], *, years: float) -> str:
    """Return alarms a year with the 95 % interval: by how years differ, or by Poisson's law where that is more."""
    total = sum(alarms)
    if total == 0:
        return f"below {NONE_SEEN / years:.2g}"
    spread = sum((count - total / len(alarms)) ** 2 for count in alarms) * len(alarms) / max(1, len(alarms) - 1)
    return f"{total / years:.2f} ± {CONFIDENT * math.sqrt(max(spread, total)) / years:.2f}"


def a_year(years: Iterable[Year], name: str, *, of: str) -> str:
    """Return how often a rule rings in a year, as seen in some of its windows."""
    counts = [(getattr(year, name), getattr(year, of)) for year in years]
    windows = sum(count for _, count in counts)
    return "" if windows == 0 else f"{sum(count for count, _ in counts) / windows * HOURS_OF_A_YEAR:,.0f}"
