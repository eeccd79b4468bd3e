from collections.abc import Callable, Sequence

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import FeatureProfile
from modelyard.drift.profiling.value_types import InferredType, TypeCounts

Column = Callable[[Sequence[str]], FeatureProfile]


def test_a_boolean_is_written_as_string() -> None:
    assert InferredType.BOOLEAN.reported is InferredType.STRING


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


def test_values_of_each_class_are_counted(column: Column) -> None:
    counted = column(["1", "2.0", "true", "x", ""]).type_counts
    assert counted == TypeCounts(missing=1, integral=1, fractional=1, boolean=1, string=1)


def test_an_integer_does_not_count_as_fractional(column: Column) -> None:
    assert column(["1", "2.5"]).type_counts.of_type(inferred=InferredType.FRACTIONAL) == 1


def test_a_boolean_counts_as_string(column: Column) -> None:
    assert column(["true", "x"]).type_counts.of_type(inferred=InferredType.STRING) == 2


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(DriftError, match="counts of values must be 0 or more"):
        TypeCounts(missing=-1)
