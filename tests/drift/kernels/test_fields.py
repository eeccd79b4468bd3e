from collections.abc import Callable, Sequence

import pytest

from modelyard.drift.profiling.profile import FeatureProfile
from modelyard.drift.profiling.value_types import InferredType, TypeCounts

Column = Callable[[Sequence[str]], FeatureProfile]


@pytest.mark.parametrize("text", ["0", "12", "-3", "+4", " 5", "- 5", "007", "123456789012345678901234567890"])
def test_a_text_of_digits_is_integral(column: Column, text: str) -> None:
    assert column([text]).inferred is InferredType.INTEGRAL


@pytest.mark.parametrize("text", ["1.0", "-0.5", "+ 3.25", "1e5", "1E-5", "2.5e+10", " 7.0", "00.10"])
def test_a_text_with_a_fraction_or_an_exponent_is_fractional(column: Column, text: str) -> None:
    assert column([text]).inferred is InferredType.FRACTIONAL


@pytest.mark.parametrize(
    "text",
    [
        "12 ",
        "1.",
        ".5",
        "NaN",
        "inf",
        "TRUE",
        "1e",
        "1e+",
        "1,5",
        "--1",
        "  1",
        "0x10",
        "1.5.2",
        "-",
        "1_000",
    ],
)
def test_any_other_text_is_a_string(column: Column, text: str) -> None:
    assert column([f'"{text}"']).inferred is InferredType.STRING


def test_true_and_false_are_boolean(column: Column) -> None:
    assert column(["true", "false"]).inferred is InferredType.BOOLEAN


def test_a_quoted_empty_field_is_missing_as_spark_reads_it(column: Column) -> None:
    assert column(['""', '"1"']).type_counts == TypeCounts(missing=1, integral=1)
