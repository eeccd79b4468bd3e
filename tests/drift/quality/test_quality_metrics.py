"""Metrics against the examples of AWS's developer guide, and against scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from modelyard.drift.quality.measuring import Measured, measured
from modelyard.drift.quality.pairs import Classes, Numbers
from modelyard.drift.quality.task import Problem

Labels = list[int]
quick = settings(deadline=None, max_examples=60)


def binary(labels: Labels, predictions: Labels, scores: list[float] | None = None) -> Measured:
    pairs = Classes(
        names=("0", "1"),
        labels=np.array(labels, dtype=np.int64),
        predictions=np.array(predictions, dtype=np.int64),
        scores=None if scores is None else np.array(scores, dtype=np.float64),
    )
    return measured(problem=Problem.BINARY, pairs=pairs)


def multiclass(labels: Labels, predictions: Labels, names: tuple[str, ...]) -> Measured:
    pairs = Classes(names=names, labels=np.array(labels), predictions=np.array(predictions))
    return measured(problem=Problem.MULTICLASS, pairs=pairs)


def regression(labels: list[float], predictions: list[float]) -> Measured:
    return measured(
        problem=Problem.REGRESSION,
        pairs=Numbers(labels=np.array(labels, dtype=np.float64), predictions=np.array(predictions, dtype=np.float64)),
    )


def value(found: Measured, name: str) -> float:
    return found.metrics[name].value


def test_a_binary_classification_is_measured_as_in_the_guide_s_example() -> None:
    found = binary([0, 0, 0, 1], [0, 1, 1, 1])
    assert found.confusion == {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}
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
    assert found.confusion == {"0": {"0": 1180, "1": 510}, "1": {"0": 268, "1": 138}}
    assert {name: metric.value for name, metric in found.metrics.items()} == pytest.approx(
        {
            "accuracy": 0.6288167938931297,
            "weighted_recall": 0.6288167938931297,
            "weighted_precision": 0.6983172269629505,
            "weighted_f0_5": 0.6803947317178771,
            "weighted_f1": 0.6571162346664904,
            "weighted_f2": 0.6384024354394601,
            "accuracy_best_constant_classifier": 0.19370229007633588,
            "weighted_recall_best_constant_classifier": 0.19370229007633588,
            "weighted_precision_best_constant_classifier": 0.03752057718081697,
            "weighted_f0_5_best_constant_classifier": 0.04473443104152011,
            "weighted_f1_best_constant_classifier": 0.06286421244683643,
            "weighted_f2_best_constant_classifier": 0.10570313141262414,
        },
        rel=1e-15,
    )


def test_errors_are_measured_as_in_the_guide_s_example() -> None:
    # the example's records are those of the multiclass one: 778 of 2096 are wrong by 1
    found = regression([0.0] * 2096, [1.0] * 778 + [0.0] * 1318)
    errors = {name: value(found, name) for name in ("mae", "mse", "rmse")}
    assert errors == {"mae": 0.3711832061068702, "mse": 0.3711832061068702, "rmse": 0.609248066149471}


def test_r2_has_label_and_prediction_exchanged_and_the_textbook_s_value_is_beside_it() -> None:
    labels, predictions = [1.0, 2.0, 3.0, 5.0], [1.5, 2.0, 2.5, 3.0]
    found = regression(labels, predictions)
    assert value(found, "r2") == pytest.approx(sk.r2_score(predictions, labels))
    assert found.additional["r2_textbook"].value == pytest.approx(sk.r2_score(labels, predictions))


def test_r2_is_not_defined_where_nothing_varies() -> None:
    found = regression([1.0, 2.0], [3.0, 3.0])
    assert found.undefined() == ("r2",)
    assert math.isfinite(found.additional["r2_textbook"].value)


records = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=2, max_size=60)


@quick
@given(rows=records)
def test_the_areas_are_scikit_learn_s_with_ties_and_all(rows: list[tuple[int, int]]) -> None:
    rows = sorted(rows, key=lambda row: -row[1])
    labels, scores = [label for label, _ in rows], [score / 20 for _, score in rows]
    found = binary(labels, [int(score > 0.5) for score in scores], scores)
    if len(set(labels)) < 2:
        assert math.isnan(value(found, "auc"))
        return
    assert value(found, "auc") == pytest.approx(sk.roc_auc_score(labels, scores))
    precisions, recalls, _ = sk.precision_recall_curve(labels, scores, drop_intermediate=False)
    # scikit-learn ends its curve at precision 1, Spark at the precision of the highest score
    ends = np.concatenate([precisions[:-1], precisions[-2:-1]])
    assert value(found, "au_prc") == pytest.approx(sk.auc(recalls, ends))


@quick
@given(rows=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=50))
def test_binary_metrics_are_scikit_learn_s(rows: list[tuple[int, int]]) -> None:
    labels, predictions = [label for label, _ in rows], [predicted for _, predicted in rows]
    found = binary(labels, predictions)
    assert value(found, "accuracy") == pytest.approx(sk.accuracy_score(labels, predictions))
    assert value(found, "precision") == pytest.approx(sk.precision_score(labels, predictions, zero_division=0))
    for name, beta in (("f0_5", 0.5), ("f1", 1), ("f2", 2)):
        expected = sk.fbeta_score(labels, predictions, beta=beta, zero_division=math.nan)
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


@quick
@given(rows=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=2, max_size=50))
def test_errors_are_scikit_learn_s(rows: list[tuple[float, float]]) -> None:
    labels, predictions = [label for label, _ in rows], [predicted for _, predicted in rows]
    found = regression(labels, predictions)
    assert value(found, "mae") == pytest.approx(sk.mean_absolute_error(labels, predictions))
    assert value(found, "mse") == pytest.approx(sk.mean_squared_error(labels, predictions))
    assert value(found, "rmse") == pytest.approx(sk.root_mean_squared_error(labels, predictions))


def test_recall_is_not_defined_without_a_positive_label_and_precision_is_nothing() -> None:
    found = binary([0, 0], [0, 0], [0.2, 0.1])
    assert math.isnan(value(found, "recall"))
    assert value(found, "precision") == 0.0
    assert set(found.undefined()) >= {"recall", "auc", "au_prc", "true_positive_rate", "f1"}
    assert value(found, "true_negative_rate") == 1.0


def test_curves_begin_and_end_as_sparks_do() -> None:
    found = binary([1, 0, 1, 0], [1, 1, 0, 0], [0.9, 0.7, 0.4, 0.1])
    assert found.characteristic is not None
    assert found.characteristic.x.tolist() == [0.0, 0.0, 0.5, 0.5, 1.0, 1.0]
    assert found.characteristic.y.tolist() == [0.0, 0.5, 0.5, 1.0, 1.0, 1.0]
    assert found.precision_recall is not None
    assert found.precision_recall.x.tolist() == [0.0, 0.5, 0.5, 1.0, 1.0]
    assert found.precision_recall.y.tolist() == pytest.approx([1.0, 1.0, 0.5, 2 / 3, 0.5])


def test_a_long_curve_keeps_a_thousand_points_and_both_ends() -> None:
    scores = np.linspace(1, 0, 5000)
    labels = (np.arange(5000) % 3 == 0).astype(int)
    found = binary(labels.tolist(), labels.tolist(), scores.tolist())
    assert found.characteristic is not None
    thin = found.characteristic.thinned()
    assert len(thin.x) == 1000
    assert (thin.x[0], thin.x[-1]) == (0.0, 1.0)


def test_deviations_need_two_hundred_records() -> None:
    assert math.isnan(binary([0, 1] * 99, [0, 1] * 99).metrics["accuracy"].deviation)
    assert binary([0, 1] * 100, [0, 1, 1, 1] * 50).metrics["accuracy"].deviation > 0


def test_deviations_are_the_same_for_the_same_records() -> None:
    first, second = (regression([1.0, 2.0, 4.0] * 100, [1.0, 2.5, 3.0] * 100) for _ in range(2))
    assert first.metrics == second.metrics


def test_the_deviation_is_that_of_subsamples_of_four_fifths() -> None:
    generator = np.random.default_rng(5)
    labels = generator.integers(0, 2, 5000).tolist()
    predictions = [label if generator.random() < 0.7 else 1 - label for label in labels]
    found = binary(labels, predictions).metrics["accuracy"].deviation
    # of a share p over 80 % of n records: sqrt(p (1 - p) / 4 n), known from five draws within a factor of about three
    expected = math.sqrt(0.21 / (4 * 5000))
    assert expected / 3 < found < expected * 3


def test_no_pairs_have_no_metrics() -> None:
    found = binary([], [])
    assert (found.rows, dict(found.metrics)) == (0, {})
