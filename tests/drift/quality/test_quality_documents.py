import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from modelyard.drift.documents.jackson import printed
from modelyard.drift.documents.violations import read_violations
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.analysis import Window, check_quality, write_quality_baseline, write_quality_check
from modelyard.drift.quality.checking import quality_violations, unmeasured
from modelyard.drift.quality.curves import Curve
from modelyard.drift.quality.documents import (
    Constraint,
    Operator,
    QualityConstraints,
    is_quality_statistics,
    read_quality_constraints,
    read_quality_statistics,
    statistics_document,
    suggested_constraints,
)
from modelyard.drift.quality.measuring import Measured, Metric
from modelyard.drift.quality.task import Problem, Task

Measure = Callable[..., tuple[Measured, Reading]]
Line = Callable[..., bytes]
BINARY = Task(problem=Problem.BINARY, probability="0")


@pytest.fixture
def found(measure: Measure, merged_line: Line) -> Measured:
    """A small binary classification."""
    return measure(BINARY, *(merged_line(str(place / 10), str(place // 5)) for place in range(10)))[0]


def regression(**values: float) -> Measured:
    metrics = {name: Metric(value=value, deviation=8.08e-4) for name, value in values.items()}
    return Measured(problem=Problem.REGRESSION, rows=9, metrics=metrics)


def limits(problem: Problem = Problem.REGRESSION, **thresholds: tuple[float, Operator]) -> QualityConstraints:
    found = (
        Constraint(metric=name, threshold=threshold, operator=operator)
        for name, (threshold, operator) in thresholds.items()
    )
    return QualityConstraints(problem=problem, constraints=tuple(found))


def test_statistics_have_the_keys_and_the_order_of_the_guide(found: Measured) -> None:
    document = json.loads(printed(statistics_document(measured=found)))
    assert list(document) == ["version", "dataset", "binary_classification_metrics", "calibration"]
    assert document["dataset"] == {"item_count": 10}
    assert list(document["binary_classification_metrics"]) == [
        "confusion_matrix",
        "recall",
        "precision",
        "accuracy",
        "recall_best_constant_classifier",
        "precision_best_constant_classifier",
        "accuracy_best_constant_classifier",
        "true_positive_rate",
        "true_negative_rate",
        "false_positive_rate",
        "false_negative_rate",
        "receiver_operating_characteristic_curve",
        "precision_recall_curve",
        "auc",
        "au_prc",
        "f0_5",
        "f1",
        "f2",
        "f0_5_best_constant_classifier",
        "f1_best_constant_classifier",
        "f2_best_constant_classifier",
    ]


def test_a_deviation_of_few_records_is_written_as_text(found: Measured) -> None:
    document = json.loads(printed(statistics_document(measured=found)))
    assert document["binary_classification_metrics"]["auc"] == {"value": 1.0, "standard_deviation": "NaN"}


def test_the_window_s_times_stand_beside_the_count(found: Measured) -> None:
    document = json.loads(printed(statistics_document(measured=found, start="09:00", end="10:00")))
    assert document["dataset"] == {"item_count": 10, "start_time": "09:00", "end_time": "10:00"}


def test_statistics_are_read_back(tmp_path: Path, found: Measured) -> None:
    write_quality_baseline(found=found, folder=tmp_path, window=Window(start="09:00"))
    again = read_quality_statistics(path=tmp_path / "statistics.json")
    assert printed(statistics_document(measured=again)) == printed(statistics_document(measured=found))
    assert is_quality_statistics(path=tmp_path / "statistics.json")


def test_statistics_of_data_are_no_quality_statistics(tmp_path: Path) -> None:
    path = tmp_path / "statistics.json"
    path.write_text('{"version": 0.0, "features": []}')
    assert not is_quality_statistics(path=path)
    with pytest.raises(DriftError, match="must have one of binary_classification_metrics"):
        read_quality_statistics(path=path)


def test_constraints_are_suggested_for_what_the_guide_names(found: Measured) -> None:
    suggested = suggested_constraints(measured=found)
    operators = {limit.metric: limit.operator for limit in suggested.constraints}
    assert operators == dict.fromkeys(
        ["recall", "precision", "accuracy", "true_positive_rate", "true_negative_rate", "auc", "f0_5", "f1", "f2"],
        Operator.LESS,
    ) | dict.fromkeys(["false_positive_rate", "false_negative_rate"], Operator.GREATER)
    assert all(limit.threshold == found.metrics[limit.metric].value for limit in suggested.constraints)


def test_no_constraint_is_suggested_for_what_is_not_defined(measure: Measure, merged_line: Line) -> None:
    negative, _ = measure(BINARY, merged_line("0.1", "0"))
    names = [limit.metric for limit in suggested_constraints(measured=negative).constraints]
    assert names == ["precision", "accuracy", "true_negative_rate", "false_positive_rate"]


def test_constraints_are_read_back(tmp_path: Path, found: Measured) -> None:
    write_quality_baseline(found=found, folder=tmp_path)
    assert read_quality_constraints(path=tmp_path / "constraints.json") == suggested_constraints(measured=found)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "must have one of binary_classification_constraints, multiclass"),
        ('{"regression_constraints": {"mae": {"threshold": "NaN"}}}', "mae.threshold must be a number"),
        ('{"regression_constraints": {"mae": {"threshold": 1}}}', "mae.comparison_operator must be given"),
        (
            '{"regression_constraints": {"mae": {"threshold": 1, "comparison_operator": "Above"}}}',
            "comparison_operator must be one of GreaterThanThreshold, LessThanThreshold, got 'Above'",
        ),
    ],
)
def test_constraints_that_cannot_be_used_are_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "constraints.json"
    path.write_text(text)
    with pytest.raises(DriftError, match=sentence):
        read_quality_constraints(path=path)


def test_a_violation_is_worded_as_aws_words_it() -> None:
    metrics = {"auc": Metric(value=0.515625, deviation=8.08e-4)}
    auc = Measured(problem=Problem.BINARY, rows=300, metrics=metrics)
    (violation,) = quality_violations(measured=auc, constraints=limits(Problem.BINARY, auc=(0.9395, Operator.LESS)))
    assert violation.description == "Metric auc with 0.515625 +/- 8.08E-4 was LessThanThreshold '0.9395'"
    assert (violation.feature, violation.check) == ("auc", "LessThanThreshold")


@pytest.mark.parametrize(
    ("operator", "threshold", "violated"),
    [
        (Operator.GREATER, 2.0, []),
        (Operator.GREATER, 1.9, ["mae"]),
        (Operator.LESS, 2.0, []),
        (Operator.LESS, 2.1, ["mae"]),
    ],
)
def test_a_metric_at_its_threshold_is_no_violation(operator: Operator, threshold: float, violated: list[str]) -> None:
    constraints = limits(mae=(threshold, operator))
    found = quality_violations(measured=regression(mae=2.0), constraints=constraints)
    assert [violation.feature for violation in found] == violated


def test_what_is_not_defined_violates_nothing_and_is_named() -> None:
    found = regression(r2=math.nan, mae=1.0)
    constraints = limits(r2=(0.5, Operator.LESS), rmse=(0.5, Operator.GREATER))
    assert quality_violations(measured=found, constraints=constraints) == ()
    assert unmeasured(measured=found, constraints=constraints) == ("r2", "rmse")
    checked = check_quality(found=found, reading=Reading(), constraints=constraints)
    assert checked.outcome.message.endswith("with no violations. These records do not define r2, rmse.")


def test_constraints_of_another_problem_are_refused() -> None:
    with pytest.raises(DriftError, match="problem_type must be that of the baseline, BinaryClassification"):
        quality_violations(measured=regression(mae=1.0), constraints=limits(Problem.BINARY))


def test_violations_are_read_back_with_the_metric_as_their_feature(tmp_path: Path) -> None:
    checked = check_quality(
        found=regression(mae=2.0), reading=Reading(), constraints=limits(mae=(1.0, Operator.GREATER))
    )
    write_quality_check(check=checked, folder=tmp_path)
    assert read_violations(path=tmp_path / "constraint_violations.json") == checked.violations


def test_a_curve_has_as_many_x_as_y() -> None:
    with pytest.raises(DriftError, match="a curve must have as many x as y, got 2 and 1"):
        Curve(x=np.zeros(2), y=np.zeros(1))
