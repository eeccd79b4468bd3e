"""The verdict of a check: changed, not changed beyond chance, or too few rows to tell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from modelyard.drift.documents.constraints import Constraints
from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.verdict.column_tests import FEWEST_ROWS, ColumnTests, Floors, column_tests, unreadable_test
from modelyard.drift.verdict.earlier import Earlier, Window, WindowTest, baseline_hash
from modelyard.drift.verdict.hypothesis_test import Aspect, HypothesisTest, Method, Scope, history_of, with_spread
from modelyard.drift.verdict.spread import INDEPENDENT, Spread

HOURS_OF_A_YEAR = 8760
MOST_ALARMS = 8760
# In the place of a column's name, beside an aspect that no column has.
RECORDS = ""
DEFAULT_FLOORS = Floors()


class Answer(StrEnum):
    """What the question, whether the window has changed more than chance explains, is answered with.

    The last is that it could not be asked: of no value, or not of the column's.
    """

    CHANGED = "changed"
    UNCHANGED = "not changed beyond chance"
    TOO_FEW = "too few rows to tell"
    NOT_COMPARED = "not compared"


class Alarm(StrEnum):
    """What rings the alarm: the constraints that are AWS's too, or the verdict."""

    CONSTRAINTS = "constraints"
    VERDICT = "verdict"


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """How many false alarms a model may have in a year, and how many of the year's hours a check is of.

    Raises:
        DriftError: a number is out of bounds.
    """

    false_alarms_per_year: float = 1.0
    hours: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.false_alarms_per_year <= MOST_ALARMS:
            raise DriftError(
                f"false_alarms_per_year must be above 0 and at most {MOST_ALARMS}, got {self.false_alarms_per_year}; "
                "1 is one false alarm in a year of checks"
            )
        if not self.hours > 0:
            raise DriftError(f"the hours of a window must be above 0, got {self.hours}; give its length")

    @property
    def level(self) -> float:
        """How likely a check of unchanged data rings: its hours' part of the year's budget."""
        return min(1.0, self.false_alarms_per_year * self.hours / HOURS_OF_A_YEAR)


@dataclass(frozen=True, kw_only=True, slots=True)
class AspectVerdict:
    """What a test says.

    `what` has the share `share` in the window and `known_share` in the baseline; the difference lies between `low` and
    `high`. The p-value is adjusted for all tests of the check. A change of `detectable` would have been found four
    times of five; None is that none would. All of this allows for the spread between windows.
    """

    aspect: Aspect
    changed: bool
    p_value: float
    method: Method
    what: str
    share: float
    known_share: float
    low: float
    high: float
    detectable: float | None
    scope: Scope = Scope.WINDOW
    spread: Spread = INDEPENDENT

    @property
    def difference(self) -> float:
        """The window's share less the baseline's."""
        return self.share - self.known_share


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnVerdict:
    """What is said of a column; `not_compared` is why its values were not looked at."""

    name: str
    answer: Answer
    aspects: tuple[AspectVerdict, ...]
    not_compared: str | None = None

    @property
    def changes(self) -> tuple[AspectVerdict, ...]:
        """What changed."""
        return tuple(one for one in self.aspects if one.changed)

    @property
    def moved(self) -> float:
        """The largest difference among what changed, as a share."""
        return max((abs(one.difference) for one in self.changes), default=0.0)

    @property
    def is_compared(self) -> bool:
        """Whether its values were compared."""
        return any(one.aspect is Aspect.VALUES for one in self.aspects)


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlierChecks:
    """How many earlier windows the verdict knew, and how many of those it should have had were not there."""

    windows: int
    of_day: int
    missing_of_day: int
    unreadable: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What is said of a window; columns in the order of the baseline.

    `structure` is what is wrong with the columns themselves, and then none of them is compared. `skipped` are columns
    that were not looked at at all, each with the reason. Without `earlier` rows were taken as independent. `window` is
    what later checks need of this one; a file of its own has it.
    """

    answer: Answer
    rows: int
    known_rows: int
    budget: Budget
    tests: int
    alarm: Alarm = Alarm.CONSTRAINTS
    columns: tuple[ColumnVerdict, ...] = ()
    unreadable: AspectVerdict | None = None
    structure: str | None = None
    skipped: tuple[tuple[str, str], ...] = ()
    earlier: EarlierChecks | None = None
    window: Window | None = field(default=None, repr=False, compare=False)

    @property
    def compared(self) -> int:
        """How many columns have had their values compared."""
        return sum(one.is_compared for one in self.columns)

    @property
    def every_column(self) -> int:
        """How many columns there are, compared or not."""
        return len(self.columns) + len(self.skipped)

    @property
    def aspects(self) -> tuple[AspectVerdict, ...]:
        """All that was tested of the columns."""
        return tuple(one for column in self.columns for one in column.aspects)

    @property
    def changed_columns(self) -> tuple[ColumnVerdict, ...]:
        """The columns that changed, the largest difference first."""
        changed = [one for one in self.columns if one.answer is Answer.CHANGED]
        return tuple(sorted(changed, key=lambda one: -one.moved))


def give_verdict(
    *,
    profile: Profile,
    constraints: Constraints,
    baseline: Statistics,
    budget: Budget,
    alarm: Alarm = Alarm.CONSTRAINTS,
    floors: Floors = DEFAULT_FLOORS,
    earlier: Earlier | None = None,
) -> Verdict:
    """Return the verdict on a profile whose columns are named as the baseline's, which has rows.

    Where the profile begins with a model's answers, the baseline has labels. With earlier windows, of which there may
    be none yet, it allows for the spread between them, and half of the level goes to what the last 24 hours are
    together.
    """
    structure = _structure(profile, constraints=constraints)
    known_as = baseline_hash(baseline)
    earlier = None if earlier is None else earlier.of_baseline(known_as)
    comparable, is_on = profile.rows > 0 and structure is None, constraints.monitoring.evaluate
    columns, skipped, statistics = [], [], baseline.by_name()
    for place, (current, constraint) in enumerate(zip(profile.features, constraints.features, strict=False)):
        known = statistics.get(constraint.name)
        if not (is_on and constraint.monitoring.evaluate and constraint.monitoring.compare):
            skipped.append((constraint.name, "the constraints say so"))
        elif known is None:
            skipped.append((constraint.name, "the baseline has no statistics of it"))
        elif comparable:
            answers = profile.begins_with_answers and place == 0
            columns.append(
                column_tests(current=current, baseline=known, holds_answers=answers, floors=floors, earlier=earlier)
            )
    unread = profile.reading.unreadable_records if is_on else 0
    records = unreadable_test(unreadable=unread, rows=profile.rows, known_rows=baseline.rows, floors=floors)
    if records is not None and earlier is not None:
        records = with_spread(records, history=history_of(records, column=RECORDS, earlier=earlier))
    # As many as are known before the check, whatever of them can be made: of the records, and two of each column, for
    # the window and for the day.
    scopes = 2 if earlier is not None and earlier.day else 1
    count = 1 + 2 * len(constraints.features) * scopes
    tests = [test for test in (records, *(test for column in columns for test in column.tests)) if test is not None]
    results = iter(_holm(tests, count=count, level=budget.level))
    unreadable = next(results) if records is not None else None
    verdicts = tuple(_column(column, aspects=tuple(islice(results, len(column.tests)))) for column in columns)
    changed = (structure is not None and is_on) or any(one.answer is Answer.CHANGED for one in verdicts)
    if changed or (unreadable is not None and unreadable.changed):
        answer = Answer.CHANGED
    elif min(profile.rows, baseline.rows) < FEWEST_ROWS:
        answer = Answer.TOO_FEW
    else:
        answer = Answer.UNCHANGED if any(one.is_compared for one in verdicts) else Answer.NOT_COMPARED
    return Verdict(
        answer=answer,
        rows=profile.rows,
        known_rows=baseline.rows,
        budget=budget,
        tests=count,
        alarm=alarm,
        columns=verdicts,
        unreadable=unreadable,
        structure=structure,
        skipped=tuple(skipped),
        earlier=None
        if earlier is None
        else EarlierChecks(
            windows=len(earlier.windows),
            of_day=len(earlier.day),
            missing_of_day=earlier.missing,
            unreadable=earlier.unreadable,
        ),
        window=None
        if earlier is None
        else Window(
            baseline=known_as,
            tests=_counted(columns, verdicts=verdicts, records=records, unreadable=unreadable),
        ),
    )


def _counted(
    columns: Sequence[ColumnTests],
    *,
    verdicts: Sequence[ColumnVerdict],
    records: HypothesisTest | None,
    unreadable: AspectVerdict | None,
) -> dict[tuple[str, str], WindowTest]:
    """Return what later checks need of the tests, by the column and the aspect."""
    tests: dict[tuple[str, str], WindowTest] = {}
    if records is not None and unreadable is not None:
        tests[RECORDS, records.aspect] = records.counted(changed=unreadable.changed)
    for column, verdict in zip(columns, verdicts, strict=True):
        changed = {one.aspect for one in verdict.changes if one.scope is Scope.WINDOW}
        tests |= {(column.name, one.aspect): one.counted(changed=one.aspect in changed) for one in column.counted}
    return tests


def _structure(profile: Profile, *, constraints: Constraints) -> str | None:
    if profile.rows == 0 or profile.width == len(constraints.features):
        return None
    return f"the window has {profile.width} columns, the baseline has {len(constraints.features)}"


def _holm(tests: Sequence[HypothesisTest], *, count: int, level: float) -> list[AspectVerdict]:
    """Return what the tests find, in their order, p-values adjusted as Holm does for `count` tests."""
    adjusted, highest = [1.0] * len(tests), 0.0
    for rank, place in enumerate(sorted(range(len(tests)), key=lambda place: tests[place].p_value)):
        highest = max(highest, min(1.0, (count - rank) * tests[place].p_value))
        adjusted[place] = highest
    return [
        AspectVerdict(
            aspect=test.aspect,
            changed=value <= level,
            p_value=value,
            method=test.method,
            what=test.shown.what,
            share=test.shown.counts.share,
            known_share=test.shown.counts.known_share,
            low=test.interval[0],
            high=test.interval[1],
            detectable=test.least_detectable(level=level / count),
            scope=test.scope,
            spread=test.spread,
        )
        for test, value in zip(tests, adjusted, strict=True)
    ]


def _column(column: ColumnTests, *, aspects: tuple[AspectVerdict, ...]) -> ColumnVerdict:
    if any(one.changed for one in aspects):
        answer = Answer.CHANGED
    elif column.too_few:
        answer = Answer.TOO_FEW
    else:
        answer = Answer.UNCHANGED if column.not_compared is None else Answer.NOT_COMPARED
    return ColumnVerdict(name=column.name, answer=answer, aspects=aspects, not_compared=column.not_compared)
