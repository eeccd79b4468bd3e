import math
import statistics
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import FeatureProfile, NumberProfile, Profile, bucketed

Column = Callable[[Sequence[str]], FeatureProfile]
as_data = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)

decimals = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,25})?([eE][-+]?[0-9]{1,3})?", fullmatch=True),
)


def numbers_of(feature: FeatureProfile) -> NumberProfile:
    assert feature.numbers is not None
    return feature.numbers


@given(texts=st.lists(decimals, min_size=1, max_size=40))
@as_data
def test_every_decimal_is_read_as_the_nearest_double(column: Column, texts: list[str]) -> None:
    assert numbers_of(column(texts)).levels[0].tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "9007199254740993",  # halfway between two doubles
        "1.7976931348623157e308",
        "5e-324",
        "2.2250738585072011e-308",
        "0.1000000000000000055511151231257827021181583404541015625",
        "123456789012345678e-30",
        "1e23",
    ],
)
def test_a_decimal_that_is_hard_to_round_is_read_as_python_reads_it(column: Column, text: str) -> None:
    assert numbers_of(column([text])).levels[0].tolist() == [float(text)]


def test_a_hard_decimal_that_repeats_keeps_its_value(column: Column) -> None:
    hard = "0.1000000000000000055511151231257827021181583404541015625"
    assert numbers_of(column([hard, "1", hard])).levels[0].tolist() == [0.1, 1.0, 0.1]


def test_a_number_too_large_for_a_double_is_infinite(column: Column) -> None:
    assert numbers_of(column(["1e400"])).maximum == math.inf


def test_a_sign_parted_from_its_digits_is_counted_but_has_no_value(column: Column) -> None:
    feature = column(["- 5", "3"])
    assert (feature.kinds.integral, numbers_of(feature).levels[0].tolist()) == (2, [3.0])


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


def test_buckets_are_ten_of_equal_width(column: Column) -> None:
    buckets = numbers_of(column(["0", "10"])).buckets
    assert [(bucket.lower, bucket.upper) for bucket in buckets] == [(float(n), float(n + 1)) for n in range(10)]


def test_a_value_on_a_bound_is_in_the_bucket_above(column: Column) -> None:
    counts = [bucket.count for bucket in numbers_of(column(["0", "3", "10"])).buckets]
    assert counts == [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]


def test_equal_values_are_all_in_the_last_bucket(column: Column) -> None:
    assert [bucket.count for bucket in numbers_of(column(["5", "5"])).buckets] == [0.0] * 9 + [2.0]


@given(values=st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=100))
@as_data
def test_buckets_hold_every_value_but_those_lost_to_rounding_at_the_top(values: list[float]) -> None:
    array = np.array(values)
    buckets = bucketed(levels=(array,), minimum=min(values), maximum=max(values))
    inside = np.count_nonzero(array <= max(buckets[-1].upper, buckets[-1].lower))
    assert sum(bucket.count for bucket in buckets) == inside


def test_extremes_of_buckets_start_at_the_limits_of_a_32_bit_integer_as_in_deequ(column: Column) -> None:
    assert numbers_of(column(["5000000000", "6000000000"])).buckets[0].lower == 2147483647.0


def test_a_negative_deviation_is_refused() -> None:
    with pytest.raises(DriftError, match=r"std_dev must be 0 or more, got -1.0"):
        NumberProfile(mean=0.0, sum=0.0, deviation=-1.0, minimum=0.0, maximum=0.0, buckets=(), levels=())


def test_moments_of_two_thousand_chunks_are_those_of_one(profile_csv_text: Callable[..., Profile]) -> None:
    values = np.random.default_rng(7).normal(size=120_000)
    feature = profile_csv_text("".join(f"{value!r}\n" for value in values.tolist())).features[0]
    assert numbers_of(feature).mean == pytest.approx(float(np.mean(values)), rel=1e-12)
