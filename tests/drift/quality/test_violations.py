import math

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.analysis import check_quality
from modelyard.drift.quality.documents import (
    ComparisonOperator,
)
from modelyard.drift.quality.statistics import Metric, QualityStatistics
from modelyard.drift.quality.task import ProblemType
from modelyard.drift.quality.violations import quality_violations, undefined_metrics
from support.drift.quality_limits import limits, regression


def test_a_violation_is_worded_as_aws_words_it() -> None:
    metrics = {"auc": Metric(value=0.515625, deviation=8.08e-4)}
    auc = QualityStatistics(problem=ProblemType.BINARY, rows=300, metrics=metrics)
    (violation,) = quality_violations(
        statistics=auc, constraints=limits(ProblemType.BINARY, auc=(0.9395, ComparisonOperator.LESS))
    )
    assert violation.description == "Metric auc with 0.515625 +/- 8.08E-4 was LessThanThreshold '0.9395'"
    assert (violation.feature, violation.check) == ("auc", "LessThanThreshold")


@pytest.mark.parametrize(
    ("operator", "threshold", "violated"),
    [
        (ComparisonOperator.GREATER, 2.0, []),
        (ComparisonOperator.GREATER, 1.9, ["mae"]),
        (ComparisonOperator.LESS, 2.0, []),
        (ComparisonOperator.LESS, 2.1, ["mae"]),
    ],
)
def test_a_metric_at_its_threshold_is_no_violation(
    operator: ComparisonOperator, threshold: float, violated: list[str]
) -> None:
    constraints = limits(mae=(threshold, operator))
    found = quality_violations(statistics=regression(mae=2.0), constraints=constraints)
    assert [violation.feature for violation in found] == violated


def test_what_is_not_defined_violates_nothing_and_is_named() -> None:
    undefined = regression(r2=math.nan, mae=1.0)
    constraints = limits(r2=(0.5, ComparisonOperator.LESS), rmse=(0.5, ComparisonOperator.GREATER))
    assert quality_violations(statistics=undefined, constraints=constraints) == ()
    assert undefined_metrics(statistics=undefined, constraints=constraints) == ("r2", "rmse")
    checked = check_quality(statistics=undefined, reading=Reading(), constraints=constraints)
    assert checked.outcome.message.endswith("with no violations. These records do not define r2, rmse.")


def test_constraints_of_another_problem_are_refused() -> None:
    with pytest.raises(DriftError, match="problem_type must be that of the baseline, BinaryClassification"):
        quality_violations(statistics=regression(mae=1.0), constraints=limits(ProblemType.BINARY))
