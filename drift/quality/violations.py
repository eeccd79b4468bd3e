"""Metrics against their constraints."""

import math

from modelyard.drift.documents.violations import Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.java_double import java_double
from modelyard.drift.quality.documents import ComparisonOperator, QualityConstraints
from modelyard.drift.quality.statistics import QualityStatistics


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
    violations: list[Violation] = []
    for limit in constraints.constraints:
        metric = statistics.metrics.get(limit.metric)
        above = limit.operator is ComparisonOperator.GREATER
        if metric is not None and (metric.value > limit.threshold if above else metric.value < limit.threshold):
            value, deviation = java_double(metric.value), java_double(metric.deviation)
            description = f"Metric {limit.metric} with {value} +/- {deviation} was {limit.operator.value} "
            violations.append(
                Violation(
                    feature=limit.metric,
                    check=limit.operator.value,
                    description=f"{description}'{java_double(limit.threshold)}'",
                )
            )
    return tuple(violations)


def undefined_metrics(*, statistics: QualityStatistics, constraints: QualityConstraints) -> tuple[str, ...]:
    """Return the metrics that have a constraint and no value here: no violation does not mean that they are good."""
    limits = ((limit.metric, statistics.metrics.get(limit.metric)) for limit in constraints.constraints)
    return tuple(name for name, metric in limits if metric is None or math.isnan(metric.value))
