import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from modelyard.drift.checking.distances import (
    blind,
    categorical_distance,
    chi_square,
    corrected,
    numeric_distance,
    rank_map,
)
from modelyard.drift.checking.measures import (
    by_category,
    grouped,
    jensen_shannon,
    kolmogorov_smirnov,
    population_stability,
    weighted,
)
from modelyard.drift.checking.significance import chi_square_p_value, two_sample_p_value
from modelyard.drift.documents.constraints import ComparisonMethod
from modelyard.drift.kernels.arrays import Doubles

ROBUST, SIMPLE = ComparisonMethod.ROBUST, ComparisonMethod.SIMPLE
quick = settings(deadline=None, max_examples=100)
counts = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 500), min_size=2)


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
@quick
def test_without_repeated_values_the_simple_distance_is_that_of_kolmogorov_and_smirnov(
    ours: list[int], theirs: list[int]
) -> None:
    distance = numeric_distance(current=[array(*ours)], baseline=[array(*theirs)], method=SIMPLE)
    assert distance == pytest.approx(largest_difference(ours, theirs), abs=1e-12)


def test_a_distance_below_what_chance_explains_is_zero() -> None:
    assert numeric_distance(current=[array(1.0)], baseline=[array(2.0)], method=ROBUST) == 0.0


def test_an_empty_side_has_no_distance() -> None:
    assert numeric_distance(current=[array()], baseline=[array(2.0)], method=SIMPLE) is None


def test_a_flag_is_blind_however_many_rows_there_are() -> None:
    flags = [np.tile([0.0, 1.0], 1000)]
    assert blind(current=flags, baseline=flags, threshold=0.1)


def test_a_column_of_many_different_values_is_not_blind() -> None:
    values = [np.arange(2000.0)]
    assert not blind(current=values, baseline=values, threshold=0.1)


def test_the_distance_of_categories_is_the_largest_difference_of_shares() -> None:
    distance = categorical_distance(current={"a": 3, "b": 1}, baseline={"a": 1, "c": 1}, method=SIMPLE)
    assert distance == 0.5


def test_the_robust_distance_of_categories_is_corrected_by_the_numbers_of_values() -> None:
    distance = categorical_distance(current={"a": 1000}, baseline={"a": 500, "b": 500}, method=ROBUST)
    assert distance == 0.5 - 1.8 * math.sqrt(2000 / 1_000_000)


def test_categories_of_an_empty_side_have_no_distance() -> None:
    assert categorical_distance(current={}, baseline={"a": 1}, method=SIMPLE) is None


def test_the_chi_square_test_is_that_of_scipy_when_no_category_is_small() -> None:
    test = chi_square(current={"a": 40, "b": 70, "c": 90}, baseline={"a": 300, "b": 300, "c": 400})
    expected = stats.chisquare([40, 70, 90], [60, 60, 80])
    assert (test.statistic, test.p_value) == pytest.approx((expected.statistic, expected.pvalue)) if test else False


def test_small_categories_join_before_the_chi_square_test() -> None:
    test = chi_square(current={"a": 50, "b": 47, "c": 2, "d": 1}, baseline={"a": 500, "b": 480, "c": 10, "d": 10})
    # expected 50, 48, 1, 1: both small ones join, and of three a fifth may not be small, so they join b
    expected = stats.chisquare([50, 50], [50, 50])
    assert test is not None
    assert test.statistic == pytest.approx(expected.statistic)


def test_categories_that_the_baseline_does_not_know_take_no_part_in_the_chi_square_test() -> None:
    known = chi_square(current={"a": 30, "b": 30}, baseline={"a": 50, "b": 50})
    assert chi_square(current={"a": 30, "b": 30, "new": 9}, baseline={"a": 50, "b": 50}) == known


def test_fewer_than_two_categories_have_no_chi_square_test() -> None:
    assert chi_square(current={"a": 5}, baseline={"a": 5}) is None


@given(statistic=st.floats(0, 300), freedom=st.integers(1, 120))
@quick
def test_the_chi_square_p_value_is_that_of_scipy(statistic: float, freedom: int) -> None:
    expected = float(stats.chi2.sf(statistic, freedom))
    assert chi_square_p_value(statistic=statistic, freedom=freedom) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(distance=st.floats(0, 1), n=st.integers(1, 10_000), m=st.integers(1, 10_000))
@quick
def test_the_two_sample_p_value_is_kolmogorovs_limit(distance: float, n: int, m: int) -> None:
    expected = float(stats.kstwobign.sf(distance * math.sqrt(n * m / (n + m))))
    assert two_sample_p_value(distance=distance, n=n, m=m) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(
    ours=st.lists(st.integers(-20, 20), min_size=1, max_size=80),
    theirs=st.lists(st.integers(-20, 20), min_size=1, max_size=80),
)
@quick
def test_the_two_sample_test_counts_every_value(ours: list[int], theirs: list[int]) -> None:
    test = kolmogorov_smirnov(current=weighted(levels=[array(*ours)]), baseline=weighted(levels=[array(*theirs)]))
    assert test is not None
    assert test.distance == pytest.approx(largest_difference(ours, theirs), abs=1e-12)


def test_the_two_sample_test_needs_both_sides() -> None:
    assert kolmogorov_smirnov(current=weighted(levels=[]), baseline=weighted(levels=[array(1.0)])) is None


def test_a_value_of_level_two_stands_for_four() -> None:
    assert weighted(levels=[array(1.0), array(), array(1.0, 2.0)]).weights.tolist() == [5, 4]


@given(ours=counts, theirs=counts)
@quick
def test_the_jensen_shannon_distance_is_that_of_scipy(ours: dict[str, int], theirs: dict[str, int]) -> None:
    shares = by_category(current=ours, baseline=theirs)
    assert shares is not None
    expected = float(jensenshannon(shares[0], shares[1], base=2))
    assert jensen_shannon(current=shares[0], baseline=shares[1]) == pytest.approx(expected, abs=1e-7)


def test_the_stability_index_of_a_hand_worked_case() -> None:
    index = population_stability(current=array(0.6, 0.4), baseline=array(0.5, 0.5))
    assert index == pytest.approx(0.1 * math.log(1.2) - 0.1 * math.log(0.8))


def test_the_stability_index_of_equal_shares_is_zero() -> None:
    assert population_stability(current=array(0.3, 0.7), baseline=array(0.3, 0.7)) == 0.0


def test_numbers_are_grouped_by_the_deciles_of_the_baseline() -> None:
    base = weighted(levels=[np.arange(1000.0)])
    shares = grouped(current=base, baseline=base)
    assert shares is not None
    assert shares[1] == pytest.approx([0.1] * 10, abs=0.002)


def test_a_flag_has_as_many_groups_as_values() -> None:
    shares = grouped(current=weighted(levels=[array(1.0)]), baseline=weighted(levels=[array(*[0.0] * 9, 1.0)]))
    assert shares is not None
    assert [side.tolist() for side in shares] == [[0.0, 1.0], [0.9, 0.1]]


def test_groups_need_both_sides() -> None:
    assert grouped(current=weighted(levels=[]), baseline=weighted(levels=[array(1.0)])) is None


def test_an_empty_side_is_not_called_blind() -> None:
    assert not blind(current=[array()], baseline=[array(1.0)], threshold=0.1)


def test_the_chi_square_test_needs_values_on_both_sides() -> None:
    assert chi_square(current={}, baseline={"a": 1, "b": 1}) is None


def test_an_infinite_statistic_is_impossible_by_chance() -> None:
    assert chi_square_p_value(statistic=math.inf, freedom=3) == 0.0
