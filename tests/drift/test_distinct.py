import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import xxhash
from datasketch import hyperloglog_const

from modelyard.drift.profiling.distinct import estimated_distinct
from modelyard.drift.profiling.distinct_bias import BIASES, RAW_ESTIMATES
from modelyard.drift.profiling.profile import FeatureProfile, Profile


def registers_by_hand(texts: Sequence[str]) -> list[int]:
    registers = [0] * 512
    for text in texts:
        digest = xxhash.xxh64(text.encode(), seed=42).intdigest()
        rest = (digest << 9 | 1 << 8) & (2**64 - 1)
        place = digest >> 55
        registers[place] = max(registers[place], 64 - rest.bit_length() + 1)
    return registers


@pytest.mark.parametrize("size", [1, 3, 4, 7, 8, 9, 31, 32, 33, 64, 100, 1000])
def test_texts_of_every_length_are_hashed_as_xxhash_does(
    column: Callable[[Sequence[str]], FeatureProfile], size: int
) -> None:
    texts = [f"{number:03d}".rjust(size, "x")[:size] for number in range(120)]
    expected = estimated_distinct(np.array(registers_by_hand(texts), dtype=np.uint8))
    assert column(texts).approximate_distinct == expected


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
    expected = estimated_distinct(np.array(registers_by_hand(texts), dtype=np.uint8))
    assert profile_csv_text("\n".join(texts)).features[0].approximate_distinct == expected


def test_few_values_are_counted_linearly() -> None:
    registers = np.zeros(512, dtype=np.uint8)
    registers[:50] = 1
    assert estimated_distinct(registers) == math.floor(512 * math.log(512 / 462) + 0.5)


def test_a_large_raw_estimate_is_not_corrected() -> None:
    registers = np.full(512, 12, dtype=np.uint8)
    alpha = 0.7213 / (1 + 1.079 / 512)
    assert estimated_distinct(registers) == math.floor(alpha * 512 * 512 / (512 * 2.0**-12) + 0.5)


def test_the_bias_table_is_the_published_one() -> None:
    published = (list(hyperloglog_const._raw_estimate[5]), list(hyperloglog_const._bias[5]))
    assert (RAW_ESTIMATES.tolist(), BIASES.tolist()) == published


def test_the_number_and_its_text_are_different_values(
    column: Callable[[Sequence[str]], FeatureProfile],
) -> None:
    assert column(["1", "1.0", "01"]).approximate_distinct == 3
