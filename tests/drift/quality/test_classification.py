import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from modelyard.drift.quality.classification import CONSTANT_CLASSIFIER
from modelyard.drift.quality.pairs import ClassPairs
from modelyard.drift.quality.statistics import QualityStatistics, quality_statistics
from modelyard.drift.quality.task import ProblemType
from support.drift.quality_pairs import binary, value

Labels = list[int]


quick = settings(deadline=None, max_examples=60)


def multiclass(labels: Labels, predictions: Labels, names: tuple[str, ...]) -> QualityStatistics:
    pairs = ClassPairs(names=names, labels=np.array(labels), predictions=np.array(predictions))
    return quality_statistics(problem=ProblemType.MULTICLASS, pairs=pairs)


def test_a_binary_classification_is_measured_as_in_the_guide_s_example() -> None:
    found = binary([0, 0, 0, 1], [0, 1, 1, 1])
    assert found.confusion_matrix == {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}
    assert {name: metric.value for name, metric in found.metrics.items()} == pytest.approx(
        {
            "recall": 1.0,
            "precision": 0.3333333333333333,
            "accuracy": 0.5,
            "recall_best_constant_classifier": 1.0,
            "precision_best_constant_classifier": 0.25,
            "accuracy_best_constant_classifier": 0.25,
            "true_positive_rate": 1.0,
            "true_negative_rate": 0.33333333333333337,
            "false_positive_rate": 0.6666666666666666,
            "false_negative_rate": 0.0,
            "f0_5": 0.3846153846153846,
            "f1": 0.5,
            "f2": 0.7142857142857143,
            "f0_5_best_constant_classifier": 0.29411764705882354,
            "f1_best_constant_classifier": 0.4,
            "f2_best_constant_classifier": 0.625,
        },
        rel=1e-15,
    )


def test_a_multiclass_classification_is_measured_as_in_the_guide_s_example() -> None:
    cells = {(0, 0): 1180, (0, 1): 510, (1, 0): 268, (1, 1): 138}
    labels = [label for (label, _), count in cells.items() for _ in range(count)]
    predictions = [predicted for (_, predicted), count in cells.items() for _ in range(count)]
    found = multiclass(labels, predictions, ("0", "1"))
    assert found.confusion_matrix == {"0": {"0": 1180, "1": 510}, "1": {"0": 268, "1": 138}}
    # The guide's constant classifier always says the last class; no real file that is known does.
    told = {name: metric.value for name, metric in found.metrics.items() if not name.endswith(CONSTANT_CLASSIFIER)}
    assert told == pytest.approx(
        {
            "accuracy": 0.6288167938931297,
            "weighted_recall": 0.6288167938931297,
            "weighted_precision": 0.6983172269629505,
            "weighted_f0_5": 0.6803947317178771,
            "weighted_f1": 0.6571162346664904,
            "weighted_f2": 0.6384024354394601,
        },
        rel=1e-15,
    )


def constant_of(found: QualityStatistics) -> dict[str, float]:
    return {
        name.removesuffix(CONSTANT_CLASSIFIER): metric.value
        for name, metric in found.metrics.items()
        if name.endswith(CONSTANT_CLASSIFIER)
    }


def test_the_best_constant_classifier_says_what_is_predicted_most() -> None:
    labels = [1] * 28 + [0] * 173
    found = constant_of(binary(labels, [0] * 150 + [1] * 51))
    assert found == pytest.approx(
        {"recall": 0, "precision": 0, "accuracy": 0.8606965174129353, "f0_5": 0, "f1": 0, "f2": 0}, rel=1e-15
    )


def test_it_does_so_where_another_class_has_more_labels() -> None:
    found = constant_of(binary([1] * 92 + [0] * 17, [0] * 60 + [1] * 49))
    assert found["accuracy"] == pytest.approx(17 / 109, rel=1e-15)


def test_of_several_classes_too() -> None:
    found = constant_of(multiclass([0, 0, 1, 2, 2, 2], [1, 1, 1, 1, 2, 0], ("a", "b", "c")))
    assert found["accuracy"] == pytest.approx(1 / 6, rel=1e-15)


def test_f_measures_come_from_precision_and_recall_to_the_last_digit() -> None:
    labels = [1] * 300 + [0] * 700
    found = binary(labels, [1] * 201 + [0] * 99 + [1] * 123 + [0] * 577)
    precision, recall = 201 / 324, 201 / 300
    for name, weight in (("f0_5", 0.25), ("f1", 1.0), ("f2", 4.0)):
        assert value(found, name) == (1 + weight) * precision * recall / (weight * precision + recall)


@quick
@given(rows=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=50))
def test_binary_metrics_are_scikit_learn_s(rows: list[tuple[int, int]]) -> None:
    labels, predictions = [label for label, _ in rows], [predicted for _, predicted in rows]
    found = binary(labels, predictions)
    assert value(found, "accuracy") == pytest.approx(sk.accuracy_score(labels, predictions))
    assert value(found, "precision") == pytest.approx(sk.precision_score(labels, predictions, zero_division=0))
    for name, beta in (("f0_5", 0.5), ("f1", 1), ("f2", 2)):
        # Of a recall that is not defined scikit-learn makes 0 where something was predicted.
        expected = sk.fbeta_score(labels, predictions, beta=beta) if any(labels) else math.nan
        assert value(found, name) == pytest.approx(expected, nan_ok=True)
    expected = sk.recall_score(labels, predictions, zero_division=math.nan)
    assert value(found, "recall") == pytest.approx(expected, nan_ok=True)


@quick
@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=50))
def test_multiclass_metrics_are_scikit_learn_s(rows: list[tuple[int, int]]) -> None:
    labels, predictions = [label for label, _ in rows], [predicted for _, predicted in rows]
    found = multiclass(labels, predictions, ("a", "b", "c", "d"))
    options = {"average": "weighted", "zero_division": 0}
    assert value(found, "weighted_precision") == pytest.approx(sk.precision_score(labels, predictions, **options))
    assert value(found, "weighted_recall") == pytest.approx(sk.recall_score(labels, predictions, **options))
    for name, beta in (("f0_5", 0.5), ("f1", 1), ("f2", 2)):
        expected = sk.fbeta_score(labels, predictions, beta=beta, **options)
        assert value(found, f"weighted_{name}") == pytest.approx(expected)


def test_recall_is_not_defined_without_a_positive_label_and_precision_is_nothing() -> None:
    found = binary([0, 0], [0, 0], [0.2, 0.1])
    assert math.isnan(value(found, "recall"))
    assert value(found, "precision") == 0.0
    assert set(found.undefined()) >= {"recall", "auc", "au_prc", "true_positive_rate", "f1"}
    assert value(found, "true_negative_rate") == 1.0
