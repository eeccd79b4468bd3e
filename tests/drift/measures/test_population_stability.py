import math

import numpy as np
import pytest

from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.measures.population_stability import population_stability


def array(*values: float) -> Doubles:
    return np.array(values, dtype=np.float64)


def test_the_stability_index_of_a_hand_worked_case() -> None:
    index = population_stability(current=array(0.6, 0.4), baseline=array(0.5, 0.5))
    assert index == pytest.approx(0.1 * math.log(1.2) - 0.1 * math.log(0.8))


def test_the_stability_index_of_equal_shares_is_zero() -> None:
    assert population_stability(current=array(0.3, 0.7), baseline=array(0.3, 0.7)) == 0.0


def test_a_share_of_zero_counts_as_one_in_ten_thousand() -> None:
    index = population_stability(current=array(0.0, 1.0), baseline=array(0.5, 0.5))
    assert index == pytest.approx((1e-4 - 0.5) * math.log(1e-4 / 0.5) + 0.5 * math.log(2))
