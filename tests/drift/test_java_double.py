import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.drift.java_double import java_double


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (11175931.250001853, "1.1175931250001853E7"),
        (9999999.0, "9999999.0"),
        (10000000.0, "1.0E7"),
        (0.000808, "8.08E-4"),
        (0.001, "0.001"),
        (-1.5e-10, "-1.5E-10"),
        (1e300, "1.0E300"),
        (123456789012345680000.0, "1.2345678901234568E20"),
        (5e-324, "5.0E-324"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_a_double_is_printed_as_java_prints_it(value: float, text: str) -> None:
    assert java_double(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_a_printed_double_is_the_same_double(value: float) -> None:
    assert float(java_double(value)) == value
