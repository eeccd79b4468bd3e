"""How much of a change is found: at the first check, and within a day of hourly ones, beside what other rules find.

All changes are columns of one table, but each is judged as if it were the only change of a table of 70 columns, whose
tests share the level.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np
import numpy.typing
import polars

from benchmarks.changes import Change, changes
from benchmarks.evidently_peer import Evidently
from benchmarks.populations import reference_of, table_of
from modelyard.drift import Baseline, profile
from modelyard.drift.checking.model_monitor import model_monitor_violations
from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.verdict.column_tests import ColumnTests, Floors, column_tests, unreadable_test
from modelyard.drift.verdict.earlier import Earlier, Window, WindowTest, baseline_hash, earlier_in_order
from modelyard.drift.verdict.hypothesis_test import HypothesisTest, Scope, history_of, with_spread
from modelyard.drift.verdict.verdict import Budget

COLUMNS = 70
# Of a check that knows no earlier windows and of one that does: two of each column and scope, and one of the records.
TESTS_ALONE, TESTS = 2 * COLUMNS + 1, 4 * COLUMNS + 1
# Two days and those of which the spread is measured.
QUIET_HOURS, DAY = 72, 24
UNREADABLE = (0.005, 0.02, 0.1)
RECORDS_KIND = "records that cannot be read"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What a change is of: a column of this name, or all records, of which then a share cannot be read."""

    name: str
    kind: str
    size: str
    change: Change | None = None
    unreadable: float = 0.0


def subjects() -> list[Subject]:
    """Return all changes, kind by kind; columns come first."""
    found = sorted(changes(), key=lambda one: one.kind)
    return [
        *(Subject(name=f"c{place}", kind=one.kind, size=one.size, change=one) for place, one in enumerate(found)),
        *(
            Subject(name=f"{share:.1%}", kind=RECORDS_KIND, size=f"{share:.1%}", unreadable=share)
            for share in UNREADABLE
        ),
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hour:
    """A window: its table, how many of its records beside could not be read, and those by subject."""

    frame: polars.DataFrame
    rows: int
    unreadable: Mapping[str, int]


def hour_of(found: Sequence[Subject], *, rows: int, changed: bool, generator: np.random.Generator) -> Hour:
    """Return a window of all subjects, before their changes or after."""
    columns, unreadable = {}, {}
    for one in found:
        if one.change is None:
            unreadable[one.name] = int(generator.binomial(rows, one.unreadable if changed else 0.0))
        else:
            law, copies = (one.change.after, one.change.copies) if changed else (one.change.before, 1)
            columns[one.name] = table_of([law], rows=rows, generator=generator, copies=copies)["c0"]
    return Hour(frame=polars.DataFrame(columns), rows=rows, unreadable=unreadable)


Booleans = numpy.typing.NDArray[np.bool_]
# Of the verdict, of the verdict with earlier windows, of AWS's rules and of evidently.
ALONE, TOGETHER, AWS, EVIDENTLY = "verdict", "with earlier windows", "AWS", "evidently"
RULES = (ALONE, TOGETHER, AWS)


def check_hour(hour: Hour, *, baseline: Baseline, before: Earlier) -> tuple[dict[str, set[str]], Window]:
    """Return which subjects each rule names in a window, and what later checks need of it.

    Raises:
        ValueError: the baseline has no statistics.
    """
    known = baseline.statistics
    if known is None:
        raise ValueError("the baseline must have statistics, it has none")
    named: dict[str, set[str]] = {rule: set() for rule in RULES}
    counted: dict[tuple[str, str], WindowTest] = {}
    current = profile(hour.frame, baseline=baseline)
    for feature, reference in zip(current.features, known.features, strict=True):
        of_column = partial(column_tests, current=feature, baseline=reference, holds_answers=False, floors=Floors())
        _judge(feature.name, of_column().tests, of_column(earlier=before), named=named, counted=counted)
    for size, unreadable in hour.unreadable.items():
        rows = hour.rows - unreadable
        records = unreadable_test(unreadable=unreadable, rows=rows, known_rows=known.rows, floors=Floors())
        if records is not None:
            knowing = with_spread(records, history=history_of(records, column=size, earlier=before))
            together = ColumnTests(name=size, tests=(knowing,), counted=(records,))
            _judge(size, (records,), together, named=named, counted=counted)
    violations = model_monitor_violations(profile=current, constraints=baseline.constraints, baseline=known)
    named[AWS] = {one.feature for one in violations}
    return named, Window(baseline=baseline_hash(known), tests=counted)


def _judge(
    name: str,
    alone: Sequence[HypothesisTest],
    together: ColumnTests,
    *,
    named: Mapping[str, set[str]],
    counted: dict[tuple[str, str], WindowTest],
) -> None:
    """Add a subject to the rules that name it, and what its tests have counted."""
    level = Budget().level
    if any(test.p_value * TESTS_ALONE <= level for test in alone):
        named[ALONE].add(name)
    rings = {(test.aspect, test.scope) for test in together.tests if test.p_value * TESTS <= level}
    if rings:
        named[TOGETHER].add(name)
    for test in together.counted:
        counted[name, str(test.aspect)] = test.counted(changed=(test.aspect, Scope.WINDOW) in rings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """Of each subject, by rules: the share of days whose first check names it, of days with any, of quiet windows."""

    first: Mapping[str, Doubles]
    day: Mapping[str, Doubles]
    quiet: Mapping[str, Doubles]


@dataclass(frozen=True, kw_only=True, slots=True)
class Experiment:
    """Days after a change that follow quiet hours, so many of each baseline.

    Evidently gets the first hours of `peer_windows` of them, and as many quiet ones.
    """

    subjects: Sequence[Subject]
    known_rows: int
    days: int
    baselines: int
    peer: Evidently | None
    peer_windows: int

    def shares(self, *, rows: int) -> Shares:
        """Return what is named in windows of so many rows."""
        first: dict[str, list[Booleans]] = defaultdict(list)
        day: dict[str, list[Booleans]] = defaultdict(list)
        quiet: dict[str, list[Booleans]] = defaultdict(list)
        for seed in range(self.baselines):
            generator = np.random.default_rng([seed, rows, self.known_rows])
            hour = partial(hour_of, self.subjects, rows=rows, generator=generator)
            reference = hour_of(self.subjects, rows=self.known_rows, changed=False, generator=generator).frame
            baseline = reference_of(profile(reference))
            calm = [hour(changed=False) for _ in range(QUIET_HOURS)]
            calm_names, before = self._follow(calm, baseline=baseline, windows=[])
            for rule, names in calm_names.items():
                quiet[rule].extend(names)
            moved = [[hour(changed=True) for _ in range(DAY)] for _ in range(self.days // self.baselines)]
            for hours in moved:
                names_of, _ = self._follow(hours, baseline=baseline, windows=before)
                for rule, names in names_of.items():
                    first[rule].append(names[0])
                    day[rule].append(np.any(names, axis=0))
            if self.peer is not None:
                share = self.peer_windows // self.baselines
                for into, those in ((first, [hours[0] for hours in moved]), (quiet, calm)):
                    frames = [one.frame for one in those[:share]]
                    drifted = self.peer.drifted(reference=reference, windows=frames)
                    into[EVIDENTLY].extend(self._places(one.columns) for one in drifted)
        means = ({rule: np.mean(names, axis=0) for rule, names in side.items()} for side in (first, day, quiet))
        return Shares(**dict(zip(("first", "day", "quiet"), means, strict=True)))

    def _follow(
        self, hours: Sequence[Hour], *, baseline: Baseline, windows: Sequence[Window]
    ) -> tuple[dict[str, list[Booleans]], list[Window]]:
        """Check hours that follow windows; return what each rule names in each of them, and all windows."""
        names: dict[str, list[Booleans]] = defaultdict(list)
        known = list(windows)
        for hour in hours:
            named, window = check_hour(hour, baseline=baseline, before=earlier_in_order(known, hours=1))
            known.append(window)
            for rule, of_rule in named.items():
                names[rule].append(self._places(of_rule))
        return names, known

    def _places(self, names: Collection[str]) -> Booleans:
        return np.array([subject.name in names for subject in self.subjects])


def changed(experiment: Experiment, *, sizes: Sequence[int]) -> Iterator[str]:
    """Yield the lines of two tables, of first checks and of days; each cell has the three sizes of a change.

    In brackets stands the share of quiet windows in which AWS's rules, or evidently, name the same column.
    """
    found = {}
    for rows in sizes:
        found[rows] = experiment.shares(rows=rows)
        yield f"Windows of {rows:,} rows are done."
    first = {rows: (shares.first, shares.quiet) for rows, shares in found.items()}
    day = {rows: (shares.day, shares.quiet) for rows, shares in found.items()}
    yield from _lines(experiment.subjects, first, title="first check")
    yield from _lines(experiment.subjects, day, title="a day")
    loudest = max(float(shares.quiet[rule].max()) for shares in found.values() for rule in (ALONE, TOGETHER))
    yield f"\nOf quiet windows the verdict names no column in more than {loudest:.2%}."


Sides = tuple[Mapping[str, Doubles], Mapping[str, Doubles]]


def _lines(found: Sequence[Subject], sides: Mapping[int, Sides], *, title: str) -> Iterator[str]:
    heads = [f"{rows:,}: {rule}" for rows, (named, _) in sides.items() for rule in named]
    yield f"\n| {title} | sizes | {' | '.join(heads)} |"
    yield "|---|---|" + "---|" * len(heads)
    for kind, members in groupby(enumerate(found), key=lambda one: one[1].kind):
        places, sizes = zip(*((place, one.size) for place, one in members), strict=True)
        cells = []
        for named, quiet in sides.values():
            for rule, shares in named.items():
                cell = " ".join(_short(shares[place]) for place in places)
                calm = _short(float(np.mean(quiet[rule][list(places)])))
                cells.append(cell if rule in (ALONE, TOGETHER) else f"{cell} ({calm})")
        yield f"| {kind} | {', '.join(sizes)} | {' | '.join(cells)} |"


def _short(share: float) -> str:
    """Return a share of two digits without the zero before."""
    text = f"{share:.2f}".rstrip("0").rstrip(".")
    return text[1:] if text.startswith("0.") else text
