"""How Java writes values into a text."""

from typing import Any

import pytest

from modelyard.rehearsal.gateway.java import written


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1"),
        (2.5, "2.5"),
        (100.0, "100.0"),
        (1e-7, "1.0E-7"),
        (12345678.9, "1.23456789E7"),
        (1e7, "1.0E7"),
        (0.001, "0.001"),
        (-1e22, "-1.0E22"),
        (0.0, "0.0"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
        (True, "true"),
        ({"a": [1]}, '{"a":[1]}'),
    ],
)
def test_values_are_written_as_java_does(number: Any, text: str) -> None:
    assert written(number) == text


@pytest.mark.parametrize("number", [1e-7, 12345678.9, 5e-324, 1.7976931348623157e308, 123456789.123456789])
def test_a_number_in_javas_writing_is_the_same_number(number: float) -> None:
    assert float(written(number)) == number
