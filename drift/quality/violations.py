"""Metrics against their constraints."""

import math

from modelyard.drift.documents.violations import Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.java_double import java_double
from modelyard.drift.quality.documents import Constraint, Operator, QualityConstraints
from modelyard.drift.quality.statistics import Metric, QualityStatistics


def quality_violations(*, statistics: QualityStatistics, constraints: QualityConstraints) -> tuple[Violation, ...]:
    """Return what breaks its constraint; a metric that these records do not define breaks none.

    Raises:
        DriftError: the constraints are of another problem.
    """
    if constraints.problem is not statistics.problem:
        raise DriftError(
            f"problem_type must be that of the baseline, {constraints.problem}, got {statistics.problem}; "
            "make a baseline for it"
        )
    limits = ((limit, statistics.metrics.get(limit.metric)) for limit in constraints.constraints)
    return tuple(
        _violation(limit, metric) for limit, metric in limits if metric is not None and _is_broken(limit, metric)
    )


def undefined_metrics(*, statistics: QualityStatistics, constraints: QualityConstraints) -> tuple[str, ...]:
    """Return the metrics that have a constraint and no value here, so that nobody takes silence for health."""
    limits = ((limit.metric, statistics.metrics.get(limit.metric)) for limit in constraints.constraints)
    return tuple(name for name, metric in limits if metric is None or math.isnan(metric.value))


def _is_broken(limit: Constraint, metric: Metric) -> bool:
    if limit.operator is Operator.GREATER:
        return metric.value > limit.threshold
    return metric.value < limit.threshold


def _violation(limit: Constraint, metric: Metric) -> Violation:
    value, deviation = java_double(metric.value), java_double(metric.deviation)
    return Violation(
        feature=limit.metric,
        check=limit.operator.value,
        description=f"Metric {limit.metric} with {value} +/- {deviation} was {limit.operator.value} "
        f"'{java_double(limit.threshold)}'",
    )
