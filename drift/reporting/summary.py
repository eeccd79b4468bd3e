"""All that a report says, before it is a page, Markdown or a picture."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from modelyard.drift.analysis import Baseline
from modelyard.drift.checking.diagnoses import diagnoses
from modelyard.drift.checking.distances import categorical_distance, numeric_distance
from modelyard.drift.documents.constraints import ComparisonMethod, Constraints
from modelyard.drift.documents.statistics import FeatureStatistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.measures.registry import report_rows
from modelyard.drift.measures.samples import Samples
from modelyard.drift.reporting.changes import (
    Change,
    LeftOut,
    Since,
    WindowVerdict,
    lasting_since,
    left_out,
    ranked_changes,
)
from modelyard.drift.reporting.distribution import Distribution, distribution
from modelyard.drift.reporting.plain_sentences import plain_sentence
from modelyard.drift.reporting.runs import Run
from modelyard.drift.verdict.sentences import headline
from modelyard.drift.verdict.verdict import Alarm, Answer, Verdict

# Where they are violated nothing else was compared.
COLUMN_CHECKS = ("extra_column_check", "missing_column_check")
NO_IMPORTANCE: Mapping[str, float] = {}
NOTHING_LEFT_OUT = LeftOut(reasons=(), counts=())
Status = Literal["ok", "violations", "no data"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A violation: the column (or the whole data set), the check's name, and plain words."""

    feature: str
    check: str
    sentence: str
    original: str
    since: Since | None = None  # of a single run it is not known


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureSummary:
    """One column of the last run, beside the baseline.

    Distances and measures are None where they do not apply.
    """

    name: str
    kind: str
    findings: tuple[Finding, ...]
    facts: tuple[tuple[str, str, str], ...]  # what, live, baseline
    distance: float | None
    measures: Mapping[str, float | None]  # by the names of their rows
    bars: Distribution | None
    distance_trend: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """The last run, and the trend over all runs given."""

    run: str
    rows: int
    verdict: str
    status: Status
    diagnoses: tuple[str, ...]
    findings: tuple[Finding, ...]
    features: tuple[FeatureSummary, ...]
    trend: tuple[tuple[str, int, int | None], ...]  # run, rows, violations where they are known
    subject: str | None = None  # whose data they are, such as a model and its endpoint
    change: Verdict | None = None
    changes: tuple[Change, ...] = ()
    left_out: LeftOut = NOTHING_LEFT_OUT
    has_importance: bool = False  # whether it is known how much the model leans on each column

    @property
    def order(self) -> str | None:
        """What decides which change is to be looked at first; of a single one nothing."""
        if len(self.changes) < 2:
            return None
        if self.has_importance:
            return "First is the largest difference times the column's importance to the model."
        return "First is the largest difference; the baseline does not say how important a column is to the model."

    @property
    def about(self) -> str:
        """What was checked, and when."""
        return f"Run {self.run}" if self.subject is None else f"{self.subject}, run {self.run}"

    def title(self, *, kind: str) -> str:
        """Return one line for a window's title bar."""
        return f"{kind}: {self.verdict}" if self.subject is None else f"{kind} of {self.subject}: {self.verdict}"


def summarize(
    *,
    runs: Sequence[Run],
    baseline: Baseline | None,
    subject: str | None = None,
    answer: str | None = None,
    before: Sequence[WindowVerdict] = (),
    importance: Mapping[str, float] = NO_IMPORTANCE,
) -> Summary:
    """Return the summary of the last run; features that changed first, then those with findings.

    Args:
        runs: The runs, oldest first.
        baseline: What they were held against.
        subject: Whose data they are.
        answer: The column that holds what the model answered.
        before: The verdicts of older runs, of which nothing else is known.
        importance: How much the model leans on the columns, as shares.

    Raises:
        DriftError: there is no run, or the verdict of the last cannot be used.
    """
    if len(runs) == 0:
        raise DriftError("runs must be at least one folder, got none; give the folders that drift check wrote")
    last = runs[-1]
    if last.ringing is None:
        raise DriftError(f"the verdict of the last run must be readable: {last.given.unreadable}")
    windows = [*before, *(run.given for run in runs)]
    changes = ranked_changes(windows=windows, importance=importance)
    findings = to_findings(runs=[(run.name, run.statistics.rows, run.violations) for run in runs], called=str)
    known = baseline.statistics.by_name() if baseline is not None and baseline.statistics is not None else {}
    history = [run.statistics.by_name() for run in runs]
    by_feature: dict[str, list[Finding]] = {}
    for finding in findings:
        by_feature.setdefault(finding.feature, []).append(finding)
    features = [
        _feature(
            live=feature,
            baseline=known.get(feature.name),
            findings=tuple(by_feature.get(feature.name, ())),
            history=[statistics.get(feature.name) for statistics in history],
            is_answer=feature.name == answer,
        )
        for feature in runs[-1].statistics.features
    ]
    ranks = {feature: rank for rank, feature in enumerate(dict.fromkeys(one.feature for one in changes))}
    behind: tuple[str, ...] = ()
    if last.statistics.rows > 0:
        behind = diagnoses(
            current=last.statistics,
            baseline=baseline.statistics if baseline is not None else None,
            constraints=_checked(last, baseline) if baseline is not None else None,
            violations=last.violations,
        )
    return Summary(
        run=last.name,
        rows=last.statistics.rows,
        verdict=_verdict(last),
        status=run_status(rows=last.statistics.rows, violations=last.ringing),
        diagnoses=behind,
        findings=findings,
        features=tuple(sorted(features, key=lambda one: (ranks.get(one.name, len(ranks)), len(one.findings) == 0))),
        trend=tuple((run.name, run.statistics.rows, None if run.ringing is None else len(run.ringing)) for run in runs),
        subject=subject,
        change=last.verdict,
        changes=changes,
        left_out=left_out(windows=windows),
        has_importance=len(importance) > 0,
    )


def _checked(run: Run, baseline: Baseline) -> Constraints:
    """The baseline's constraints, without those that the run did not check."""
    left_out = run.constraints.not_compared if run.constraints is not None else ()
    features = tuple(
        replace(one, monitoring=replace(one.monitoring, evaluate=False)) if one.name in left_out else one
        for one in baseline.constraints.features
    )
    return replace(baseline.constraints, features=features)


def _verdict(run: Run) -> str:
    if run.statistics.rows == 0 and not run.ringing:
        return "No data in this window"
    if run.verdict is not None and run.verdict.alarm is Alarm.VERDICT:
        return headline(verdict=run.verdict)
    if not run.violations and run.verdict is not None and run.verdict.answer is not Answer.UNCHANGED:
        return f"No violations, but: {headline(verdict=run.verdict)}"
    if not run.violations:
        return "No violations: the data look like the baseline"
    features = len({violation.feature for violation in run.violations})
    count = len(run.violations)
    return f"{count} violation{'s' * (count != 1)} in {features} feature{'s' * (features != 1)}"


def run_status(*, rows: int, violations: Sequence[Violation]) -> Status:
    """Return the status of a run."""
    if violations:
        return "violations"
    return "ok" if rows > 0 else "no data"


def to_findings(
    *, runs: Sequence[tuple[str, int, Sequence[Violation]]], called: Callable[[str], str]
) -> tuple[Finding, ...]:
    """Return the violations of the last run in plain words, and since when each has been one.

    A run has a name, rows, and violations; one without rows, or with other columns, tells no more than these. `called`
    is how people call a feature.
    """
    names = [name for name, _, _ in runs]
    known = [{(one.feature, one.check) for one in violations} for _, _, violations in runs]
    compared = [rows > 0 and not any(one.check in COLUMN_CHECKS for one in violations) for _, rows, violations in runs]
    findings = []
    for one in runs[-1][2]:
        key = (one.feature, one.check)
        found = [
            True if key in each else (False if whole else None) for each, whole in zip(known, compared, strict=True)
        ]
        findings.append(
            Finding(
                feature=called(one.feature),
                check=one.check,
                sentence=plain_sentence(violation=one),
                original=one.description.strip(),
                since=lasting_since(names=names, found=found),
            )
        )
    return tuple(findings)


def _feature(
    *,
    live: FeatureStatistics,
    baseline: FeatureStatistics | None,
    findings: tuple[Finding, ...],
    history: Sequence[FeatureStatistics | None],
    is_answer: bool,
) -> FeatureSummary:
    samples = Samples(current=live, baseline=baseline) if baseline is not None else None
    ours, theirs = _description(live), _description(baseline) if baseline is not None else {}
    return FeatureSummary(
        name=live.name,
        kind=f"{live.inferred.value}, the model's answer" if is_answer else live.inferred.value,
        findings=findings,
        facts=tuple((name, ours.get(name, "-"), theirs.get(name, "-")) for name in {**ours, **theirs}),
        distance=robust_distance(live=live, baseline=baseline),
        measures={
            row.name: measure.value(samples=samples) if samples is not None else None for row, measure in report_rows()
        },
        bars=distribution(live=live, baseline=baseline),
        distance_trend=tuple(robust_distance(live=item, baseline=baseline) for item in history)
        if len(history) > 1
        else (),
    )


def robust_distance(*, live: FeatureStatistics | None, baseline: FeatureStatistics | None) -> float | None:
    """Return the compatible distance, Robust: what a default check compares with its threshold."""
    if live is None or baseline is None:
        return None
    if live.levels is not None and baseline.levels is not None:
        return numeric_distance(current=live.levels, baseline=baseline.levels, method=ComparisonMethod.ROBUST)
    if live.categories is not None and baseline.categories is not None:
        return categorical_distance(
            current=live.categories, baseline=baseline.categories, method=ComparisonMethod.ROBUST
        )
    return None


def _description(feature: FeatureStatistics) -> dict[str, str]:
    facts = {
        "Type": feature.inferred.value,
        "Present": f"{feature.present:,}",
        "Missing": f"{feature.missing:,}",
        "Completeness": f"{feature.completeness:.2%}",
    }
    if feature.approximate_distinct is not None:
        facts["Different values (about)"] = f"{feature.approximate_distinct:,}"
    moments = feature.moments
    if moments is not None:
        named = (
            ("Mean", moments.mean),
            ("Deviation", moments.deviation),
            ("Min", moments.minimum),
            ("Max", moments.maximum),
        )
        facts.update({name: f"{value:.6g}" for name, value in named if not math.isnan(value)})
    return facts
