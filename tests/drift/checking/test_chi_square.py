import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from modelyard.drift.checking.chi_square import chi_square, chi_square_p_value


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
@settings(deadline=None, max_examples=100)
def test_the_chi_square_p_value_is_that_of_scipy(statistic: float, freedom: int) -> None:
    expected = float(stats.chi2.sf(statistic, freedom))
    assert chi_square_p_value(statistic=statistic, freedom=freedom) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_chi_square_test_needs_values_on_both_sides() -> None:
    assert chi_square(current={}, baseline={"a": 1, "b": 1}) is None


def test_an_infinite_statistic_is_impossible_by_chance() -> None:
    assert chi_square_p_value(statistic=math.inf, freedom=3) == 0.0
