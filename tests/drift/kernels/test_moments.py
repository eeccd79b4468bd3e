import statistics
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.drift.profiling.profile import FeatureProfile, Profile
from support.drift.columns import numbers_of

Column = Callable[[Sequence[str]], FeatureProfile]


as_data = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@given(values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300))
@as_data
def test_the_sum_adds_from_left_to_right(column: Column, values: list[float]) -> None:
    total = 0.0
    for value in values:
        total += value
    assert numbers_of(column([repr(value) for value in values])).sum == total


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=300))
@as_data
def test_the_deviation_is_of_the_population(column: Column, values: list[float]) -> None:
    exact = statistics.pstdev(values)
    assert numbers_of(column([repr(value) for value in values])).deviation == pytest.approx(exact, rel=1e-9, abs=1e-7)


def test_the_mean_is_the_sum_over_the_values_that_are_there(column: Column) -> None:
    assert numbers_of(column(["1", "", "2", "6"])).mean == 3.0


def test_extremes_leave_missing_values_out(column: Column) -> None:
    found = numbers_of(column(["", "4", "-7"]))
    assert (found.minimum, found.maximum) == (-7.0, 4.0)


def test_moments_of_two_thousand_chunks_are_those_of_one(profile_csv_text: Callable[..., Profile]) -> None:
    values = np.random.default_rng(7).normal(size=120_000)
    feature = profile_csv_text("".join(f"{value!r}\n" for value in values.tolist())).features[0]
    assert numbers_of(feature).mean == pytest.approx(float(np.mean(values)), rel=1e-12)


def test_the_sum_of_whole_numbers_is_that_of_longs(column: Column) -> None:
    moments = [1_700_000_000_000 + 7919 * number for number in range(20_000)]
    found = numbers_of(column([str(moment) for moment in moments]))
    assert found.sum == float(sum(moments))
    assert found.mean == float(sum(moments)) / len(moments)


def test_a_sum_of_longs_starts_again_beyond_64_bits_as_in_java(column: Column) -> None:
    assert numbers_of(column([str(2**62), str(2**62)])).sum == float(-(2**63))


def test_numbers_that_no_long_holds_are_added_as_doubles(column: Column) -> None:
    assert numbers_of(column([str(2**63), "1"])).sum == 2.0**63 + 1


def test_there_is_no_negative_zero_among_whole_numbers(column: Column) -> None:
    found = numbers_of(column(["-0", "-0"]))
    assert [str(found.minimum), str(found.maximum)] == ["0.0", "0.0"]
