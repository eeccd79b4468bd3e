"""Metrics against their constraints."""

import math

from modelyard.drift.documents.scala_order import in_scala_order
from modelyard.drift.documents.violations import NAMES_IN_VIOLATIONS, Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.java_double import java_double
from modelyard.drift.quality.documents import ComparisonOperator, QualityConstraints
from modelyard.drift.quality.statistics import QualityStatistics

# AWS suggests a limit for it, and reports ten violations where all eleven limits of a binary problem are broken.
NEVER_EVALUATED = frozenset({"f0_5"})


def quality_violations(*, statistics: QualityStatistics, constraints: QualityConstraints) -> tuple[Violation, ...]:
    """Return what breaks its constraint, in AWS's order; a metric that these records do not define breaks none.

    Raises:
        DriftError: the constraints are of another problem.
    """
    if constraints.problem is not statistics.problem:
        raise DriftError(
            f"problem_type must be that of the baseline, {constraints.problem}, got {statistics.problem}; "
            "make a baseline for it"
        )
    violations: dict[str, Violation] = {}
    for limit in constraints.constraints:
        metric = statistics.metrics.get(limit.metric)
        above = limit.operator is ComparisonOperator.GREATER
        if metric is None or limit.metric in NEVER_EVALUATED:
            continue
        if metric.value > limit.threshold if above else metric.value < limit.threshold:
            name = NAMES_IN_VIOLATIONS.get(limit.metric, limit.metric)
            around = "" if math.isnan(metric.deviation) else f" +/- {java_double(metric.deviation)}"
            violations[name] = Violation(
                feature=limit.metric,
                check=limit.operator.value,
                description=f"Metric {name} with {java_double(metric.value)}{around} was {limit.operator.value} "
                f"'{java_double(limit.threshold)}'",
            )
    return tuple(violations[name] for name in in_scala_order(dict.fromkeys(violations, 1)))


def undefined_metrics(*, statistics: QualityStatistics, constraints: QualityConstraints) -> tuple[str, ...]:
    """Return the metrics that have a constraint and no value here: no violation does not mean that they are good."""
    limits = ((limit.metric, statistics.metrics.get(limit.metric)) for limit in constraints.constraints)
    return tuple(name for name, metric in limits if metric is None or math.isnan(metric.value))
