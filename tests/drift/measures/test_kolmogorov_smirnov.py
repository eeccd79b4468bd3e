import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from modelyard.drift.measures.kolmogorov_smirnov import kolmogorov_smirnov, two_sample_p_value
from modelyard.drift.measures.samples import WeightedValues, weighted_values

QUICK = settings(deadline=None, max_examples=100)
VALUES = st.lists(st.integers(-20, 20), min_size=1, max_size=80)


def weighted(values: list[int]) -> WeightedValues:
    return weighted_values(levels=[np.array(values, dtype=np.float64)])


def largest_difference(ours: list[int], theirs: list[int]) -> float:
    def share(side: list[int], limit: int) -> float:
        return sum(value <= limit for value in side) / len(side)

    return max(abs(share(ours, key) - share(theirs, key)) for key in {*ours, *theirs})


@given(distance=st.floats(0, 1), n=st.integers(1, 10_000), m=st.integers(1, 10_000))
@QUICK
def test_the_two_sample_p_value_is_kolmogorovs_limit(distance: float, n: int, m: int) -> None:
    expected = float(stats.kstwobign.sf(distance * math.sqrt(n * m / (n + m))))
    assert two_sample_p_value(distance=distance, n=n, m=m) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(ours=VALUES, theirs=VALUES)
@QUICK
def test_the_two_sample_test_counts_every_value(ours: list[int], theirs: list[int]) -> None:
    test = kolmogorov_smirnov(current=weighted(ours), baseline=weighted(theirs))
    assert test.distance == pytest.approx(largest_difference(ours, theirs), abs=1e-12)
