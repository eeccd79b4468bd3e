import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.json_rows import flatten, parse_json, payload_rows


def test_a_list_of_objects_has_a_row_each() -> None:
    assert payload_rows(value=[{"a": "1"}, {"a": "2"}]) == [{"a": "1"}, {"a": "2"}]


def test_a_value_nested_too_deeply_is_refused() -> None:
    nested: object = "x"
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(DriftError, match="they are nested too deeply"):
        flatten(value=nested)


@pytest.mark.parametrize(
    ("number", "text"), [("Infinity", "1e999"), ("-Infinity", "-1e999"), ("NaN", None), ("1.50", "1.50")]
)
def test_infinities_are_numbers_and_not_a_number_is_missing(number: str, text: str | None) -> None:
    assert flatten(value=parse_json(text=f'{{"x": {number}}}')) == {"x": text}
