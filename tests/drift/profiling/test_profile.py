from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import FeatureProfile, NumberProfile, sketch_buckets
from modelyard.drift.profiling.value_types import TypeCounts
from support.drift.columns import numbers_of

Column = Callable[[Sequence[str]], FeatureProfile]


as_data = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


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
    buckets = sketch_buckets(levels=(array,), minimum=min(values), maximum=max(values))
    inside = np.count_nonzero(array <= max(buckets[-1].upper, buckets[-1].lower))
    assert sum(bucket.count for bucket in buckets) == inside


def test_extremes_of_buckets_start_at_the_limits_of_a_32_bit_integer_as_in_deequ(column: Column) -> None:
    assert numbers_of(column(["5000000000", "6000000000"])).buckets[0].lower == 2147483647.0


def test_a_negative_deviation_is_refused() -> None:
    with pytest.raises(DriftError, match=r"std_dev must be 0 or more, got -1.0"):
        NumberProfile(mean=0.0, sum=0.0, deviation=-1.0, minimum=0.0, maximum=0.0, buckets=(), levels=())


def test_counts_that_were_not_watched_are_refused() -> None:
    feature = FeatureProfile(
        name="x", type_counts=TypeCounts(missing=0), approximate_distinct=0, numbers=None, categories=None
    )
    with pytest.raises(DriftError, match="x must be profiled with its domain watched"):
        feature.count_of(values=["a"])
