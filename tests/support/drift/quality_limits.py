from modelyard.drift.quality.documents import (
    ComparisonOperator,
    Constraint,
    QualityConstraints,
)
from modelyard.drift.quality.statistics import Metric, QualityStatistics
from modelyard.drift.quality.task import ProblemType


def regression(**values: float) -> QualityStatistics:
    metrics = {name: Metric(value=value, deviation=8.08e-4) for name, value in values.items()}
    return QualityStatistics(problem=ProblemType.REGRESSION, rows=9, metrics=metrics)


def limits(
    problem: ProblemType = ProblemType.REGRESSION, **thresholds: tuple[float, ComparisonOperator]
) -> QualityConstraints:
    found = (
        Constraint(metric=name, threshold=threshold, operator=operator)
        for name, (threshold, operator) in thresholds.items()
    )
    return QualityConstraints(problem=problem, constraints=tuple(found))
