"""Metrics against the examples of AWS's developer guide, and against scikit-learn."""

import math

import numpy as np

from support.drift.quality_pairs import binary, regression

Labels = list[int]


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
