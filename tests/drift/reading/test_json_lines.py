from pathlib import Path

import pytest

from modelyard.drift.profiling.profile import Profile
from modelyard.drift.profiling.value_types import InferredType, TypeCounts
from modelyard.drift.reading.source import Format, Source, profiled


def json_lines(tmp_path: Path, text: str) -> Profile:
    (tmp_path / "data.jsonl").write_text(text)
    return profiled(source=Source(path=tmp_path / "data.jsonl", format=Format.JSON_LINES))


def test_json_lines_have_their_columns_in_alphabetical_order(tmp_path: Path) -> None:
    assert [f.name for f in json_lines(tmp_path, '{"b": 1, "a": 2}\n{"c": 3}\n').features] == ["a", "b", "c"]


def test_a_nested_object_is_flattened(tmp_path: Path) -> None:
    assert [f.name for f in json_lines(tmp_path, '{"a": {"y": 1, "x": [2, 3]}}\n').features] == [
        "a.x.0",
        "a.x.1",
        "a.y",
    ]


def test_whole_numbers_among_fractions_are_fractional_in_json(tmp_path: Path) -> None:
    kinds = json_lines(tmp_path, '{"a": 1}\n{"a": 1.5}\n').features[0].type_counts
    assert kinds == TypeCounts(missing=0, fractional=2)


def test_null_is_missing_in_json(tmp_path: Path) -> None:
    profile = json_lines(tmp_path, '{"a": null}\n{"a": 1}\n')
    assert (profile.rows, profile.features[0].type_counts.missing) == (2, 1)


def test_json_booleans_are_boolean(tmp_path: Path) -> None:
    assert json_lines(tmp_path, '{"a": true}\n').features[0].inferred is InferredType.BOOLEAN


@pytest.mark.parametrize(("line", "cause"), [("{", "they are not JSON"), ("[1]", "they are no objects")])
def test_a_line_that_is_no_object_is_counted(tmp_path: Path, line: str, cause: str) -> None:
    assert json_lines(tmp_path, f'{line}\n{{"a": 1}}\n').reading.unreadable == {cause: 1}
