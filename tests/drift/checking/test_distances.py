import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.drift.checking.distances import (
    cannot_exceed,
    categorical_distance,
    corrected,
    numeric_distance,
    rank_map,
)
from modelyard.drift.documents.constraints import ComparisonMethod
from modelyard.drift.kernels.arrays import Doubles

ROBUST, SIMPLE = ComparisonMethod.ROBUST, ComparisonMethod.SIMPLE


def largest_difference(ours: list[int], theirs: list[int]) -> float:
    def share(side: list[int], limit: int) -> float:
        return sum(value <= limit for value in side) / len(side)

    return max(abs(share(ours, key) - share(theirs, key)) for key in {*ours, *theirs})


def array(*values: float) -> Doubles:
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize(
    ("n", "m", "difference", "published"),
    [
        (64, 233, 6376, 0.17354640931273702),
        (57, 215, 5056, 0.14440240796849557),
        (119, 303, 11215, 0.11630482464065406),
        (72, 233, 5957, 0.11238588915222741),
    ],
)
def test_the_robust_correction_gives_the_distances_of_real_runs(
    n: int, m: int, difference: int, published: float
) -> None:
    distance = corrected(distance=difference / (n * m), sizes=(n, m), method=ROBUST)
    assert distance == pytest.approx(published, abs=2e-12)


def test_a_repeated_value_counts_once() -> None:
    assert rank_map(levels=[array(3.0, 1.0, 3.0, 1.0, 2.0)]).ranks.tolist() == [1, 2, 3]


def test_a_value_on_several_levels_has_the_weight_of_the_highest() -> None:
    assert rank_map(levels=[array(1.0, 2.0), array(2.0), array(5.0)]).ranks.tolist() == [1, 3, 7]


@given(
    ours=st.lists(st.integers(-1000, 1000), min_size=1, max_size=50, unique=True),
    theirs=st.lists(st.integers(-1000, 1000), min_size=1, max_size=50, unique=True),
)
@settings(deadline=None, max_examples=100)
def test_without_repeated_values_the_simple_distance_is_that_of_kolmogorov_and_smirnov(
    ours: list[int], theirs: list[int]
) -> None:
    distance = numeric_distance(current=[array(*ours)], baseline=[array(*theirs)], method=SIMPLE)
    assert distance == pytest.approx(largest_difference(ours, theirs), abs=1e-12)


def test_a_distance_below_what_chance_explains_is_zero() -> None:
    assert numeric_distance(current=[array(1.0)], baseline=[array(2.0)], method=ROBUST) == 0.0


def test_an_empty_side_has_no_distance() -> None:
    assert numeric_distance(current=[array()], baseline=[array(2.0)], method=SIMPLE) is None


def test_the_distance_of_a_flag_cannot_exceed_the_threshold_however_many_rows_there_are() -> None:
    flags = [np.tile([0.0, 1.0], 1000)]
    assert cannot_exceed(current=flags, baseline=flags, threshold=0.1)


def test_the_distance_of_many_different_values_can_exceed_the_threshold() -> None:
    values = [np.arange(2000.0)]
    assert not cannot_exceed(current=values, baseline=values, threshold=0.1)


def test_the_distance_of_categories_is_the_largest_difference_of_shares() -> None:
    distance = categorical_distance(current={"a": 3, "b": 1}, baseline={"a": 1, "c": 1}, method=SIMPLE)
    assert distance == 0.5


def test_the_robust_distance_of_categories_is_corrected_by_the_numbers_of_values() -> None:
    distance = categorical_distance(current={"a": 1000}, baseline={"a": 500, "b": 500}, method=ROBUST)
    assert distance == 0.5 - 1.8 * math.sqrt(2000 / 1_000_000)


def test_categories_of_an_empty_side_have_no_distance() -> None:
    assert categorical_distance(current={}, baseline={"a": 1}, method=SIMPLE) is None


def test_of_an_empty_side_it_is_not_said_that_the_distance_cannot_exceed_the_threshold() -> None:
    assert not cannot_exceed(current=[array()], baseline=[array(1.0)], threshold=0.1)
