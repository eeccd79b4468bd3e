"""All that a report of model quality says, before it is a page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.documents.files import CONSTRAINTS, STATISTICS, VIOLATIONS
from modelyard.drift.documents.violations import Violation, read_violations
from modelyard.drift.errors import DriftError
from modelyard.drift.quality.classification import CONSTANT_CLASSIFIER
from modelyard.drift.quality.documents import (
    Constraint,
    QualityConstraints,
    is_quality_statistics,
    read_quality_constraints,
    read_quality_statistics,
)
from modelyard.drift.quality.estimate_files import read_estimate
from modelyard.drift.quality.estimation import Estimate
from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.reporting.metric_titles import metric_title
from modelyard.drift.reporting.quality_diagnoses import quality_diagnoses
from modelyard.drift.reporting.runs import run_name
from modelyard.drift.reporting.summary import Summary, run_status, to_findings


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityResults:
    """One run's results; a baseline's own folder has no violations."""

    name: str
    statistics: QualityStatistics
    violations: tuple[Violation, ...]
    estimate: Estimate | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricSummary:
    """A metric of the last run: its value and deviation, the baseline's, its limit, and its values over the runs.

    Not a number where it is not known.
    """

    name: str
    title: str
    value: float
    deviation: float
    baseline: float
    limit: Constraint | None
    broken: bool
    history: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class QualitySummary:
    """The last run beside the baseline, and the metrics over all runs given."""

    summary: Summary
    metrics: tuple[MetricSummary, ...]
    live: QualityStatistics
    baseline: QualityStatistics | None
    estimate: Estimate | None


def is_quality_run(*, folder: Path) -> bool:
    """Return whether a run's folder has results of model quality.

    Raises:
        DriftError: a file cannot be used.
    """
    return (folder / STATISTICS).is_file() and is_quality_statistics(path=folder / STATISTICS)


def read_quality_results(*, folder: Path) -> QualityResults:
    """Read a run's folder.

    Raises:
        DriftError: it has no statistics, or one of its files cannot be used.
    """
    if not (folder / STATISTICS).is_file():
        raise DriftError(f"{folder} must hold {STATISTICS}, it does not; give the folder that a check wrote")
    violations = folder / VIOLATIONS
    return QualityResults(
        name=run_name(folder=folder),
        statistics=read_quality_statistics(path=folder / STATISTICS),
        violations=read_violations(path=violations) if violations.is_file() else (),
        estimate=read_estimate(folder=folder),
    )


def quality_summary(
    *, runs: Sequence[QualityResults], baseline: Path | None, subject: str | None = None
) -> QualitySummary:
    """Return the summary of the last run.

    Raises:
        DriftError: the baseline cannot be used.
    """
    last = runs[-1]
    reference = read_quality_results(folder=baseline).statistics if baseline is not None else None
    limits = read_quality_constraints(path=baseline / CONSTRAINTS) if baseline is not None else None
    return QualitySummary(
        summary=Summary(
            run=last.name,
            rows=last.statistics.rows,
            verdict=_verdict(last),
            status=run_status(rows=last.statistics.rows, violations=last.violations),
            diagnoses=quality_diagnoses(
                live=last.statistics, baseline=reference, violations=last.violations, estimate=last.estimate
            ),
            findings=to_findings(
                runs=[(run.name, run.statistics.rows, run.violations) for run in runs],
                called=lambda metric: metric_title(metric=metric),
            ),
            features=(),
            trend=tuple((run.name, run.statistics.rows, len(run.violations)) for run in runs),
            subject=subject,
        ),
        metrics=tuple(
            _metric(name, runs, reference, limits)
            for name in (*last.statistics.metrics, *last.statistics.additional)
            if not name.endswith(CONSTANT_CLASSIFIER)
        ),
        live=last.statistics,
        baseline=reference,
        estimate=last.estimate,
    )


def _verdict(run: QualityResults) -> str:
    estimated = run.estimate.metrics.get("accuracy") if run.estimate is not None else None
    if run.statistics.rows == 0 and estimated is not None:
        return f"No labels yet; estimated accuracy {estimated.value:.3f} ({estimated.low:.3f} to {estimated.high:.3f})"
    if run.statistics.rows == 0:
        return "No records with a label in this window"
    if not run.violations:
        return "No violations: the model is as good as its baseline"
    count = len(run.violations)
    return f"{count} metric{'s are' if count != 1 else ' is'} worse than the baseline allows"


def _metric(
    name: str, runs: Sequence[QualityResults], reference: QualityStatistics | None, limits: QualityConstraints | None
) -> MetricSummary:
    history = tuple(_value(run.statistics, name) for run in runs)
    last = runs[-1]
    metric = last.statistics.find(name=name)
    known = limits.constraints if limits is not None else ()
    return MetricSummary(
        name=name,
        title=metric_title(metric=name),
        value=history[-1],
        deviation=metric.deviation if metric is not None else math.nan,
        baseline=_value(reference, name),
        limit=next((limit for limit in known if limit.metric == name), None),
        broken=any(violation.feature == name for violation in last.violations),
        history=history if len(history) > 1 else (),
    )


def _value(statistics: QualityStatistics | None, name: str) -> float:
    metric = statistics.find(name=name) if statistics is not None else None
    return metric.value if metric is not None else math.nan
