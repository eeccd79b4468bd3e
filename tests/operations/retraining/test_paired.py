"""How much better one model is than another on the same rows, with the uncertainty of that."""

import numpy as np
import pytest
from numpy.typing import NDArray

from modelyard.operations.retraining.paired import difference_of_auc, difference_of_means

Numbers = NDArray[np.float64]


def sample(*, seed: int, rows: int, skill: float, better: float) -> tuple[NDArray[np.bool_], Numbers, Numbers]:
    """Labels, and the scores of two models that see the same signal with noise of their own."""
    random = np.random.default_rng(seed)
    positive = random.random(rows) < 0.3
    signal = positive * skill + random.normal(size=rows)
    own = random.normal(size=(2, rows))
    return positive, signal + positive * better + 0.5 * own[0], signal + 0.5 * own[1]


def test_the_areas_are_those_of_counting_pairs() -> None:
    positive = np.array([True] * 12 + [False] * 15)
    random = np.random.default_rng(7)
    # Few different scores, so that there are ties.
    ours, theirs = (random.integers(0, 6, size=27).astype(float) + 2 * positive for _ in range(2))
    found = difference_of_auc(positive=positive, candidate=ours, promoted=theirs)

    for scores, area in ((ours, found.candidate), (theirs, found.promoted)):
        above, below = scores[positive][:, None], scores[~positive][None, :]
        assert area == pytest.approx(((above > below) + 0.5 * (above == below)).mean())
    assert found.gain == pytest.approx(found.candidate - found.promoted)


def test_the_interval_of_areas_is_as_wide_as_a_bootstrap_of_the_rows_says() -> None:
    positive, ours, theirs = sample(seed=3, rows=600, skill=1.0, better=0.4)
    found = difference_of_auc(positive=positive, candidate=ours, promoted=theirs)
    random, gains = np.random.default_rng(11), []
    for _ in range(400):
        drawn = random.integers(0, 600, size=600)
        one = difference_of_auc(positive=positive[drawn], candidate=ours[drawn], promoted=theirs[drawn])
        gains.append(one.gain)

    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.std(gains), rel=0.12)


def test_models_that_are_the_same_are_called_different_one_time_in_twenty() -> None:
    called = 0
    for seed in range(400):
        positive, ours, theirs = sample(seed=seed, rows=200, skill=1.0, better=0.0)
        found = difference_of_auc(positive=positive, candidate=ours, promoted=theirs)
        called += not found.low <= 0 <= found.high

    assert 8 <= called <= 36


def test_a_model_that_is_better_beyond_chance_is_said_to_be() -> None:
    positive, ours, theirs = sample(seed=5, rows=800, skill=0.8, better=0.8)

    assert difference_of_auc(positive=positive, candidate=ours, promoted=theirs).is_better
    assert not difference_of_auc(positive=positive, candidate=theirs, promoted=ours).is_better


def test_answers_that_are_the_same_gain_nothing_for_certain() -> None:
    positive, ours, _ = sample(seed=5, rows=100, skill=0.8, better=0.0)
    found = difference_of_auc(positive=positive, candidate=ours, promoted=ours)

    assert (found.gain, found.low, found.high, found.is_better) == (0, 0, 0, False)


def test_a_smaller_error_is_a_gain() -> None:
    ours, theirs = np.full(40, 1.0), np.full(40, 3.0)
    theirs[::2] = 2.0
    found = difference_of_means(metric="mae", candidate=ours, promoted=theirs, less_is_better=True)

    assert (found.candidate, found.promoted, found.gain) == (1.0, 2.5, 1.5)
    # The sample deviation of gains of 1 and 2 by turns is 0.5 times the root of 40/39.
    assert found.low == pytest.approx(1.5 - 1.959964 * 0.5 * (40 / 39) ** 0.5 / 40**0.5)
    assert found.is_better


def test_the_sentence_says_both_values_the_rows_the_interval_and_the_method() -> None:
    ours, theirs = np.array([1.0, 0.0] * 20), np.zeros(40)
    found = difference_of_means(metric="accuracy", candidate=ours, promoted=theirs, less_is_better=False)

    assert found.sentence == (
        "accuracy 0.5000 against 0.0000 on 40 rows: a gain of +0.5000, between +0.3431 and +0.6569 with 95 % "
        "confidence (a paired comparison of rows)"
    )


def test_too_few_rows_are_not_compared() -> None:
    with pytest.raises(ValueError, match="30 rows are needed to compare, 29 are there"):
        difference_of_means(metric="mae", candidate=np.zeros(29), promoted=np.zeros(29), less_is_better=True)


def test_too_few_rows_of_a_class_are_not_compared() -> None:
    positive = np.arange(100) < 9

    with pytest.raises(ValueError, match="10 rows of each class are needed to compare, 9 of one are there"):
        difference_of_auc(positive=positive, candidate=np.zeros(100), promoted=np.zeros(100))
