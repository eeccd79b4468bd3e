from dataclasses import replace

import numpy as np
import pytest

from modelyard.drift.quality.classification import binary_metrics
from modelyard.drift.quality.estimation import (
    ASSUMPTION,
    Calibration,
    Estimate,
    calibrate,
    effective_share,
    estimate_quality,
)
from modelyard.drift.quality.pairs import ClassPairs
from modelyard.drift.quality.score_counts import METRICS, count_scores
from support.drift.scored_records import Population, class_pairs

WORLD = Population(below=1.5)


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    """The calibration of 5,000 records."""
    found = calibrate(pairs=WORLD.pairs(5000))
    assert found is not None
    return found


def estimated(calibration: Calibration, pairs: ClassPairs) -> Estimate:
    assert pairs.scores is not None
    return estimate_quality(calibration=calibration, scores=pairs.scores, predictions=pairs.predictions)


def test_the_metrics_of_a_window_are_met_though_the_model_is_too_sure_of_itself(calibration: Calibration) -> None:
    pairs = WORLD.pairs(20_000, seed=1)
    measured = binary_metrics(pairs=pairs)

    found = estimated(calibration, pairs)

    assert found.reason is None
    assert {name: metric.value for name, metric in found.metrics.items()} == pytest.approx(
        {name: measured[name] for name in METRICS}, abs=0.02
    )


@pytest.mark.parametrize("window", [Population(below=4), Population(above=0.5), Population(below=4, above=4)])
def test_what_a_moved_window_loses_or_gains_is_estimated(calibration: Calibration, window: Population) -> None:
    pairs, before = window.pairs(20_000, seed=2), binary_metrics(pairs=WORLD.pairs(20_000, seed=3))
    measured = binary_metrics(pairs=pairs)

    found = estimated(calibration, pairs).metrics["auc"].value

    assert abs(found - measured["auc"]) < 0.02
    assert abs(found - measured["auc"]) < abs(before["auc"] - measured["auc"])


def test_the_intervals_hold_what_is_measured_nine_times_of_ten_or_more() -> None:
    held = []
    for seed in range(24):
        known = calibrate(pairs=WORLD.pairs(1000, seed=100 + seed))
        assert known is not None
        pairs = replace(WORLD, above=1.3).pairs(500, seed=200 + seed)
        measured = binary_metrics(pairs=pairs)
        bounds = estimated(known, pairs).metrics
        held.append([bounds[name].low <= measured[name] <= bounds[name].high for name in METRICS])

    assert np.mean(held, axis=0).min() >= 0.9


def test_an_interval_narrows_with_the_window_and_with_the_baseline(calibration: Calibration) -> None:
    small = calibrate(pairs=WORLD.pairs(500))
    assert small is not None

    widths = [
        metric.high - metric.low
        for known, rows in ((small, 300), (calibration, 300), (calibration, 5000))
        for metric in [estimated(known, WORLD.pairs(rows, seed=4)).metrics["accuracy"]]
    ]

    assert widths == sorted(widths, reverse=True)


def test_a_calibration_never_narrows_what_is_computed(calibration: Calibration) -> None:
    assert set(calibration.widening) == set(METRICS)
    assert min(calibration.widening.values()) >= 1


def test_wider_errors_between_the_halves_of_a_baseline_widen_the_interval(calibration: Calibration) -> None:
    pairs = WORLD.pairs(1000, seed=5)
    wider = replace(calibration, widening=dict.fromkeys(METRICS, 2.0))
    once = replace(calibration, widening=dict.fromkeys(METRICS, 1.0))

    first, second = (estimated(known, pairs).metrics["auc"] for known in (once, wider))

    assert first.value == second.value
    assert second.high - second.low > 1.5 * (first.high - first.low)


def test_concept_drift_is_not_seen_as_the_assumption_says(calibration: Calibration) -> None:
    pairs = replace(WORLD, turned=0.7).pairs(5000, seed=6)

    found = estimated(calibration, pairs).metrics["auc"]

    assert found.low > binary_metrics(pairs=pairs)["auc"] + 0.1
    assert "concept drift" in ASSUMPTION


def test_the_same_window_has_the_same_estimate_in_any_order(calibration: Calibration) -> None:
    pairs = WORLD.pairs(700, seed=7)
    assert pairs.scores is not None
    order = np.random.default_rng(0).permutation(700)

    again = estimate_quality(calibration=calibration, scores=pairs.scores[order], predictions=pairs.predictions[order])

    assert again.metrics["f1"].value == pytest.approx(estimated(calibration, pairs).metrics["f1"].value, abs=1e-12)
    assert again.metrics["auc"].high == pytest.approx(estimated(calibration, pairs).metrics["auc"].high, abs=1e-9)


@pytest.mark.parametrize(
    "pairs",
    [
        WORLD.pairs(499),
        class_pairs(np.arange(2000, dtype=np.float64), (np.arange(2000) >= 1951).astype(np.int64)),
        class_pairs((np.arange(2000) % 2).astype(np.float64), np.arange(2000) % 2),
        replace(WORLD.pairs(2000), scores=None),
    ],
    ids=["too few", "too few of a class", "labels in the probabilities' place", "no probabilities"],
)
def test_a_baseline_that_says_too_little_is_not_calibrated(pairs: ClassPairs) -> None:
    assert calibrate(pairs=pairs) is None


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        (np.linspace(0, 1, 199), "a window must have at least 200 records with a probability, it has 199"),
        (np.arange(300) % 2 * 0.5 + 0.2, "the answers have at most two different probabilities, as labels have"),
        (np.linspace(0, 1.1, 300), "10% of the probabilities lie beyond the baseline's, 0.00308 to 1; at most 5% may"),
        (np.linspace(0.97, 0.98, 300), "its labels say as little as 10% of them would; at least 20% are needed"),
    ],
)
def test_where_an_estimate_cannot_hold_it_says_why(calibration: Calibration, scores: np.ndarray, said: str) -> None:
    found = estimate_quality(calibration=calibration, scores=scores, predictions=(scores > 0.5).astype(np.int64))

    assert found.metrics == {}
    assert found.reason is not None
    assert said in found.reason


def test_a_ratio_of_too_few_is_left_out(calibration: Calibration) -> None:
    scores = WORLD.pairs(2000, seed=8).scores
    assert scores is not None

    found = estimate_quality(calibration=calibration, scores=scores, predictions=np.zeros(2000, dtype=np.int64))

    assert set(found.metrics) == {"accuracy", "auc", "recall", "f1"}


def test_the_share_of_the_baseline_that_is_left_is_kish_s() -> None:
    known = count_scores(scores=np.arange(1000) / 1000, classes=np.zeros(1000, dtype=np.int64))

    assert effective_share(known=known, scores=np.arange(1000) / 1000) == pytest.approx(1, abs=0.001)
    assert effective_share(known=known, scores=np.arange(500) / 1000) == pytest.approx(0.5, abs=0.01)
    assert effective_share(known=known, scores=np.full(300, 0.95)) == pytest.approx(0.1, abs=0.001)
