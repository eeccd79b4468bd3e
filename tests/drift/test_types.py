from collections.abc import Callable, Sequence

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.kinds import InferredType, KindCounts
from modelyard.drift.profiling.profile import FeatureProfile

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


def test_a_boolean_is_written_as_string() -> None:
    assert InferredType.BOOLEAN.written is InferredType.STRING


def test_integers_and_fractions_together_are_fractional(column: Column) -> None:
    assert column(["1", "1.0"]).inferred is InferredType.FRACTIONAL


def test_one_string_makes_a_column_of_numbers_a_string(column: Column) -> None:
    assert column(["1", "2", "n/a"]).inferred is InferredType.STRING


def test_booleans_among_numbers_make_a_string(column: Column) -> None:
    assert column(["true", "1"]).inferred is InferredType.STRING


def test_a_column_without_values_is_unknown(column: Column) -> None:
    assert column(["", ""]).inferred is InferredType.UNKNOWN


def test_missing_values_do_not_change_the_type(column: Column) -> None:
    assert column(["", "3", ""]).inferred is InferredType.INTEGRAL


def test_a_quoted_empty_field_is_a_value(column: Column) -> None:
    assert column(['""']).kinds == KindCounts(missing=0, string=1)


def test_values_of_each_class_are_counted(column: Column) -> None:
    counted = column(["1", "2.0", "true", "x", ""]).kinds
    assert counted == KindCounts(missing=1, integral=1, fractional=1, boolean=1, string=1)


def test_an_integer_does_not_count_as_fractional(column: Column) -> None:
    assert column(["1", "2.5"]).kinds.of(expected=InferredType.FRACTIONAL) == 1


def test_a_boolean_counts_as_string(column: Column) -> None:
    assert column(["true", "x"]).kinds.of(expected=InferredType.STRING) == 2


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(DriftError, match="counts of values must be 0 or more"):
        KindCounts(missing=-1)
