import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.documents.jackson import document_text
from modelyard.drift.documents.violations import read_violations
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.analysis import Window, check_quality, write_quality_baseline, write_quality_check
from modelyard.drift.quality.documents import (
    ComparisonOperator,
    is_quality_statistics,
    quality_statistics_document,
    read_quality_constraints,
    read_quality_statistics,
    suggest_quality_constraints,
)
from modelyard.drift.quality.statistics import Metric, QualityStatistics
from modelyard.drift.quality.task import ProblemType, Task
from support.drift.quality_limits import limits, regression

Measure = Callable[..., tuple[QualityStatistics, Reading]]


Line = Callable[..., bytes]


BINARY = Task(problem=ProblemType.BINARY, probability="0")


@pytest.fixture
def statistics(measure: Measure, merged_line: Line) -> QualityStatistics:
    """A small binary classification."""
    return measure(BINARY, *(merged_line(str(place / 10), str(place // 5)) for place in range(10)))[0]


def test_statistics_have_the_keys_and_the_order_of_the_guide(statistics: QualityStatistics) -> None:
    document = json.loads(document_text(quality_statistics_document(statistics=statistics)))
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


def test_a_deviation_of_few_records_of_a_regression_is_written_as_text() -> None:
    few = QualityStatistics(
        problem=ProblemType.REGRESSION, rows=9, metrics={"mae": Metric(value=2.0, deviation=math.nan)}
    )
    document = json.loads(document_text(quality_statistics_document(statistics=few)))
    assert document["regression_metrics"]["mae"] == {"value": 2.0, "standard_deviation": "NaN"}


def test_a_deviation_of_few_records_of_a_classification_is_null(statistics: QualityStatistics) -> None:
    document = json.loads(document_text(quality_statistics_document(statistics=statistics)))
    assert document["binary_classification_metrics"]["auc"] == {"value": 1.0, "standard_deviation": None}


def test_the_window_s_times_stand_beside_the_count(statistics: QualityStatistics) -> None:
    document = json.loads(document_text(quality_statistics_document(statistics=statistics, start="09:00", end="10:00")))
    assert document["dataset"] == {"item_count": 10, "start_time": "09:00", "end_time": "10:00"}


def test_statistics_are_read_back(tmp_path: Path, statistics: QualityStatistics) -> None:
    write_quality_baseline(statistics=statistics, folder=tmp_path, window=Window(start="09:00"))
    again = read_quality_statistics(path=tmp_path / "statistics.json")
    assert document_text(quality_statistics_document(statistics=again)) == document_text(
        quality_statistics_document(statistics=statistics)
    )
    assert is_quality_statistics(path=tmp_path / "statistics.json")


def test_statistics_of_data_are_no_quality_statistics(tmp_path: Path) -> None:
    path = tmp_path / "statistics.json"
    path.write_text('{"version": 0.0, "features": []}')
    assert not is_quality_statistics(path=path)
    with pytest.raises(DriftError, match="must have one of binary_classification_metrics"):
        read_quality_statistics(path=path)


def test_constraints_are_suggested_for_what_the_guide_names(statistics: QualityStatistics) -> None:
    suggested = suggest_quality_constraints(statistics=statistics)
    operators = {limit.metric: limit.operator for limit in suggested.constraints}
    assert operators == dict.fromkeys(
        ["recall", "precision", "accuracy", "true_positive_rate", "true_negative_rate", "auc", "f0_5", "f1", "f2"],
        ComparisonOperator.LESS,
    ) | dict.fromkeys(["false_positive_rate", "false_negative_rate"], ComparisonOperator.GREATER)
    assert all(limit.threshold == statistics.metrics[limit.metric].value for limit in suggested.constraints)


def test_no_constraint_is_suggested_for_what_is_not_defined(measure: Measure, merged_line: Line) -> None:
    negative, _ = measure(BINARY, merged_line("0.1", "0"))
    names = [limit.metric for limit in suggest_quality_constraints(statistics=negative).constraints]
    assert names == ["precision", "accuracy", "true_negative_rate", "false_positive_rate"]


def test_constraints_are_read_back(tmp_path: Path, statistics: QualityStatistics) -> None:
    write_quality_baseline(statistics=statistics, folder=tmp_path)
    assert read_quality_constraints(path=tmp_path / "constraints.json") == suggest_quality_constraints(
        statistics=statistics
    )


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


def test_violations_are_read_back_with_the_metric_as_their_feature(tmp_path: Path) -> None:
    checked = check_quality(
        statistics=regression(mae=2.0), reading=Reading(), constraints=limits(mae=(1.0, ComparisonOperator.GREATER))
    )
    write_quality_check(check=checked, folder=tmp_path)
    assert read_violations(path=tmp_path / "constraint_violations.json") == checked.violations
