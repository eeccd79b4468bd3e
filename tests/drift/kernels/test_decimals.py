import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelyard.drift.profiling.profile import FeatureProfile
from support.drift.columns import numbers_of

Column = Callable[[Sequence[str]], FeatureProfile]


as_data = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


decimals = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,25})?([eE][-+]?[0-9]{1,3})?", fullmatch=True),
)


@given(texts=st.lists(decimals, min_size=1, max_size=40))
@as_data
def test_every_decimal_is_read_as_the_nearest_double(column: Column, texts: list[str]) -> None:
    assert numbers_of(column(texts)).levels[0].tolist() == [float(text) for text in texts]


@pytest.mark.parametrize(
    "text",
    [
        "9007199254740993",  # halfway between two doubles
        "1.7976931348623157e308",
        "5e-324",
        "2.2250738585072011e-308",
        "0.1000000000000000055511151231257827021181583404541015625",
        "123456789012345678e-30",
        "1e23",
    ],
)
def test_a_decimal_that_is_hard_to_round_is_read_as_python_reads_it(column: Column, text: str) -> None:
    assert numbers_of(column([text])).levels[0].tolist() == [float(text)]


def test_a_hard_decimal_that_repeats_keeps_its_value(column: Column) -> None:
    hard = "0.1000000000000000055511151231257827021181583404541015625"
    assert numbers_of(column([hard, "1", hard])).levels[0].tolist() == [0.1, 1.0, 0.1]


def test_a_number_too_large_for_a_double_is_infinite(column: Column) -> None:
    assert numbers_of(column(["1e400"])).maximum == math.inf


def test_a_sign_parted_from_its_digits_is_counted_but_has_no_value(column: Column) -> None:
    feature = column(["- 5", "3"])
    assert (feature.type_counts.integral, numbers_of(feature).levels[0].tolist()) == (2, [3.0])
