import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from datasketch import hyperloglog_const

from modelyard.drift.profiling.hyperloglog import estimate_distinct
from modelyard.drift.profiling.hyperloglog_bias import BIASES, RAW_ESTIMATES
from modelyard.drift.profiling.profile import FeatureProfile, Profile
from support.drift.registers import registers_by_hand


@pytest.mark.parametrize("distinct", [1, 100, 300, 1000, 5000, 60_000])
def test_the_estimate_is_within_four_deviations_of_the_truth(
    profile_csv_text: Callable[..., Profile], distinct: int
) -> None:
    estimate = profile_csv_text("".join(f"item {n}\n" for n in range(distinct))).features[0].approximate_distinct
    assert estimate == pytest.approx(distinct, rel=4 * 0.05)


@pytest.mark.parametrize("distinct", [257, 3000, 40_000])
def test_many_different_texts_are_estimated_from_all_of_them(
    profile_csv_text: Callable[..., Profile], distinct: int
) -> None:
    texts = [f"{n * 0.37:.5f}" for n in range(distinct)]
    expected = estimate_distinct(np.array(registers_by_hand(texts), dtype=np.uint8))
    assert profile_csv_text("\n".join(texts)).features[0].approximate_distinct == expected


def test_few_values_are_counted_linearly() -> None:
    registers = np.zeros(512, dtype=np.uint8)
    registers[:50] = 1
    assert estimate_distinct(registers) == math.floor(512 * math.log(512 / 462) + 0.5)


def test_a_large_raw_estimate_is_not_corrected() -> None:
    registers = np.full(512, 12, dtype=np.uint8)
    alpha = 0.7213 / (1 + 1.079 / 512)
    assert estimate_distinct(registers) == math.floor(alpha * 512 * 512 / (512 * 2.0**-12) + 0.5)


def test_the_bias_table_is_the_published_one() -> None:
    published = (list(hyperloglog_const._raw_estimate[5]), list(hyperloglog_const._bias[5]))
    assert (RAW_ESTIMATES.tolist(), BIASES.tolist()) == published


def test_the_number_and_its_text_are_different_values(
    column: Callable[[Sequence[str]], FeatureProfile],
) -> None:
    assert column(["1", "1.0", "01"]).approximate_distinct == 3
