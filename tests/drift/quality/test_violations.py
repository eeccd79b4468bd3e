import json
import math
from pathlib import Path

import pytest

from modelyard.drift.documents.jackson import document_text
from modelyard.drift.documents.violations import read_violations
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.analysis import check_quality
from modelyard.drift.quality.documents import CONSTRAINED, ComparisonOperator, quality_violations_document
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


NEVER_GOOD = {"false_positive_rate": ComparisonOperator.GREATER, "false_negative_rate": ComparisonOperator.GREATER}


def test_ten_of_eleven_broken_limits_are_reported_in_aws_s_order_and_names() -> None:
    names = CONSTRAINED[ProblemType.BINARY]
    worst = {name: (0.0, NEVER_GOOD[name]) if name in NEVER_GOOD else (1.0, ComparisonOperator.LESS) for name in names}
    found = QualityStatistics(
        problem=ProblemType.BINARY,
        rows=100,
        metrics={name: Metric(value=0.5, deviation=math.nan) for name in names},
    )
    violations = quality_violations(statistics=found, constraints=limits(ProblemType.BINARY, **worst))
    written = json.loads(document_text(quality_violations_document(violations=violations)))["violations"]
    assert [one["metric_name"] for one in written] == [
        "auc",
        "precision",
        "truePositiveRate",
        "f1",
        "accuracy",
        "falsePositiveRate",
        "trueNegativeRate",
        "falseNegativeRate",
        "recall",
        "f2",
    ]
    assert list(written[0]) == ["constraint_check_type", "description", "metric_name"]
    assert written[2]["description"] == "Metric truePositiveRate with 0.5 was LessThanThreshold '1.0'"


def test_a_violation_is_read_back_by_the_metric_s_name_in_the_statistics(tmp_path: Path) -> None:
    rate = QualityStatistics(
        problem=ProblemType.BINARY, rows=9, metrics={"true_positive_rate": Metric(value=0.5, deviation=math.nan)}
    )
    constraints = limits(ProblemType.BINARY, true_positive_rate=(1.0, ComparisonOperator.LESS))
    found = quality_violations(statistics=rate, constraints=constraints)
    file = tmp_path / "constraint_violations.json"
    file.write_text(document_text(quality_violations_document(violations=found)), encoding="utf-8")
    assert read_violations(path=file) == found
    assert found[0].feature == "true_positive_rate"


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
