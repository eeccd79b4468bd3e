"""The two things the analyzer does: suggest a baseline, and check data against one."""

from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.drift.checking.additional_measures import additional_violations
from modelyard.drift.checking.answers import constraints_of_answer
from modelyard.drift.checking.model_monitor import model_monitor_violations
from modelyard.drift.checking.outcome import Outcome, outcome
from modelyard.drift.checking.own_data import BrokenColumn, broken_columns
from modelyard.drift.checking.unreadable import unreadable_violations
from modelyard.drift.documents.constraints import (
    Constraints,
    constraints_document,
    read_constraints,
    suggest_constraints,
)
from modelyard.drift.documents.files import CONSTRAINTS, STATISTICS, VERDICT, VIOLATIONS, write_document
from modelyard.drift.documents.statistics import (
    Edition,
    Statistics,
    profile_statistics,
    read_statistics,
    statistics_document,
)
from modelyard.drift.documents.violations import Violation, violations_document
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.answers import DeclaredAnswer
from modelyard.drift.verdict.document import verdict_document
from modelyard.drift.verdict.earlier import Earlier
from modelyard.drift.verdict.sentences import change_violations
from modelyard.drift.verdict.verdict import Alarm, Budget, Verdict, give_verdict

HOURLY = Budget()


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """What data are held against; without statistics there is no drift to measure.

    Broken are the columns of the baseline's own data that do not keep to it, where those are known.
    """

    constraints: Constraints
    statistics: Statistics | None
    broken: tuple[BrokenColumn, ...] = ()

    def _repr_html_(self) -> str:
        # a notebook alone needs this
        from modelyard.drift.reporting.notebook import baseline_html

        return baseline_html(baseline=self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A finished check: the constraints and statistics it was held to, and the verdict, where one could be given."""

    profile: Profile
    violations: tuple[Violation, ...]
    outcome: Outcome
    constraints: Constraints
    statistics: Statistics | None
    verdict: Verdict | None

    def _repr_html_(self) -> str:
        # a notebook alone needs this
        from modelyard.drift.reporting.notebook import check_html

        return check_html(check=self)


def suggest_baseline(*, profile: Profile) -> Baseline:
    """Return the baseline that a data set suggests, and which of its columns do not keep to it."""
    constraints = suggest_constraints(profile=profile)
    return Baseline(
        constraints=constraints,
        statistics=profile_statistics(profile=profile),
        broken=broken_columns(profile=profile, constraints=constraints),
    )


def read_baseline(*, folder: Path) -> Baseline:
    """Read constraints.json and, when it is there, statistics.json of a folder.

    Raises:
        DriftError: a file cannot be used.
    """
    statistics = folder / STATISTICS
    if not (folder / CONSTRAINTS).is_file():
        raise DriftError(f"{folder} must hold {CONSTRAINTS}, it does not; make a baseline first: drift baseline DATA")
    return Baseline(
        constraints=read_constraints(path=folder / CONSTRAINTS),
        statistics=read_statistics(path=statistics) if statistics.is_file() else None,
    )


def check_profile(
    *,
    profile: Profile,
    baseline: Baseline,
    answer: DeclaredAnswer | None = None,
    budget: Budget | None = HOURLY,
    alarm: Alarm = Alarm.CONSTRAINTS,
    earlier: Earlier | None = None,
) -> Check:
    """Hold a profile, which was made with the baseline's constraints, against the baseline, and give the verdict.

    Without a budget no verdict is given. A profile that begins with a model's answers has labels in their place in the
    baseline, which the verdict does not compare. With earlier windows it allows for the spread between them, and tests
    the last 24 hours together. The outcome is of that which rings the alarm.

    Raises:
        DriftError: the profile does not count the texts that a column may have, or the alarm is to ring on a verdict
            and none can be given.
    """
    profile = with_baseline_names(profile=profile, baseline=baseline)
    constraints = constraints_of_answer(constraints=baseline.constraints, answer=answer)
    statistics = baseline.statistics
    violations = unreadable_violations(reading=profile.reading) if constraints.monitoring.evaluate else ()
    if profile.rows > 0:
        violations += model_monitor_violations(profile=profile, constraints=constraints, baseline=statistics)
        # a wrong number of columns is the only violation: columns are matched by position
        if profile.width == len(constraints.features):
            current = profile_statistics(profile=profile)
            violations += additional_violations(current=current, constraints=constraints, baseline=statistics)
    verdict = None
    if budget is not None and statistics is not None and statistics.rows > 0:
        verdict = give_verdict(
            profile=profile,
            constraints=constraints,
            baseline=statistics,
            budget=budget,
            alarm=alarm,
            earlier=earlier,
        )
    elif alarm is Alarm.VERDICT:
        raise DriftError(
            f"an alarm on the verdict needs the baseline's {STATISTICS} with rows, and a verdict that is not Disabled; "
            "make the baseline again, or ring the alarm on the constraints"
        )
    ringing = change_violations(verdict=verdict) if verdict is not None and alarm is Alarm.VERDICT else violations
    result = outcome(rows=profile.rows, violations=ringing, reading=profile.reading)
    if answer is not None and profile.rows > 0 and not constraints.features[0].monitoring.evaluate:
        label, kind = constraints.features[0].name, answer.kind
        note = f" Not compared: {label}, in whose place the answer has a {kind.value}."
        result = replace(result, message=result.message + note)
    return Check(
        profile=profile,
        violations=violations,
        outcome=result,
        constraints=constraints,
        statistics=statistics,
        verdict=verdict,
    )


def with_baseline_names(*, profile: Profile, baseline: Baseline) -> Profile:
    """Return the profile with its columns as the baseline names them.

    Columns of the same names in another order are put in order; other columns are matched by position.
    """
    names = [feature.name for feature in baseline.constraints.features]
    by_name = {feature.name: feature for feature in profile.features}
    if set(names) == set(by_name):
        return replace(profile, features=tuple(by_name[name] for name in names))
    if len(names) != len(profile.features):
        return profile
    pairs = zip(profile.features, names, strict=True)
    return replace(profile, features=tuple(replace(feature, name=name) for feature, name in pairs))


def write_baseline(*, profile: Profile, folder: Path, edition: Edition = Edition.SINCE_2024) -> Baseline:
    """Write statistics.json and the constraints that they suggest, and return both.

    Raises:
        DriftError: the folder cannot be written.
    """
    baseline = suggest_baseline(profile=profile)
    write_document(path=folder / STATISTICS, document=statistics_document(profile=profile, edition=edition))
    _write_constraints(baseline.constraints, folder=folder, edition=edition)
    return baseline


def _write_constraints(constraints: Constraints, *, folder: Path, edition: Edition) -> None:
    write_document(path=folder / CONSTRAINTS, document=constraints_document(constraints=constraints, edition=edition))


def write_check(*, check: Check, folder: Path, edition: Edition = Edition.SINCE_2024, sketches: bool = True) -> None:
    """Write the statistics and constraints, in which stands what was not checked, the violations and the verdict."""
    suggested = suggest_constraints(profile=check.profile)
    checked = {feature.name: feature.monitoring for feature in check.constraints.features}
    features = tuple(
        replace(one, monitoring=replace(one.monitoring, evaluate=checked[one.name].evaluate))
        if one.name in checked
        else one
        for one in suggested.features
    )
    statistics = statistics_document(profile=check.profile, edition=edition, sketches=sketches)
    write_document(path=folder / STATISTICS, document=statistics)
    _write_constraints(replace(suggested, features=features), folder=folder, edition=edition)
    write_document(path=folder / VIOLATIONS, document=violations_document(violations=check.violations))
    if check.verdict is not None:
        changes = change_violations(verdict=check.verdict)
        write_document(path=folder / VERDICT, document=verdict_document(verdict=check.verdict, violations=changes))
