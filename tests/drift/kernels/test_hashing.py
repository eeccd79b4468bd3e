from collections.abc import Callable, Sequence

import numpy as np
import pytest

from modelyard.drift.profiling.hyperloglog import estimate_distinct
from modelyard.drift.profiling.profile import FeatureProfile
from support.drift.registers import registers_by_hand


@pytest.mark.parametrize("size", [1, 3, 4, 7, 8, 9, 31, 32, 33, 64, 100, 1000])
def test_texts_of_every_length_are_hashed_as_xxhash_does(
    column: Callable[[Sequence[str]], FeatureProfile], size: int
) -> None:
    texts = [f"{number:03d}".rjust(size, "x")[:size] for number in range(120)]
    expected = estimate_distinct(np.array(registers_by_hand(texts), dtype=np.uint8))
    assert column(texts).approximate_distinct == expected
