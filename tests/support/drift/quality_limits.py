from modelyard.drift.quality.documents import (
    Constraint,
    Operator,
    QualityConstraints,
)
from modelyard.drift.quality.statistics import Metric, QualityStatistics
from modelyard.drift.quality.task import Problem


def regression(**values: float) -> QualityStatistics:
    metrics = {name: Metric(value=value, deviation=8.08e-4) for name, value in values.items()}
    return QualityStatistics(problem=Problem.REGRESSION, rows=9, metrics=metrics)


def limits(problem: Problem = Problem.REGRESSION, **thresholds: tuple[float, Operator]) -> QualityConstraints:
    found = (
        Constraint(metric=name, threshold=threshold, operator=operator)
        for name, (threshold, operator) in thresholds.items()
    )
    return QualityConstraints(problem=problem, constraints=tuple(found))
