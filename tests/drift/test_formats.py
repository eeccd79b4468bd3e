from collections.abc import Callable
from pathlib import Path

import polars
import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.kinds import InferredType, KindCounts
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.source import Format, Source, guessed_format, profiled

LINE = '{"captureData": {"endpointInput": {"data": "1", "encoding": "CSV"}}}'


def json_lines(tmp_path: Path, text: str) -> Profile:
    (tmp_path / "data.jsonl").write_text(text)
    return profiled(source=Source(path=tmp_path / "data.jsonl", format=Format.JSON_LINES))


def parquet(tmp_path: Path, columns: dict[str, list[object]]) -> Profile:
    polars.DataFrame(columns, strict=False).write_parquet(tmp_path / "data.parquet")
    return profiled(source=Source(path=tmp_path / "data.parquet", format=Format.PARQUET))


def test_json_lines_have_their_columns_in_alphabetical_order(tmp_path: Path) -> None:
    assert [f.name for f in json_lines(tmp_path, '{"b": 1, "a": 2}\n{"c": 3}\n').features] == ["a", "b", "c"]


def test_a_nested_object_is_flattened(tmp_path: Path) -> None:
    assert [f.name for f in json_lines(tmp_path, '{"a": {"y": 1, "x": [2, 3]}}\n').features] == [
        "a.x.0",
        "a.x.1",
        "a.y",
    ]


def test_whole_numbers_among_fractions_are_fractional_in_json(tmp_path: Path) -> None:
    kinds = json_lines(tmp_path, '{"a": 1}\n{"a": 1.5}\n').features[0].kinds
    assert kinds == KindCounts(missing=0, fractional=2)


def test_null_is_missing_in_json(tmp_path: Path) -> None:
    profile = json_lines(tmp_path, '{"a": null}\n{"a": 1}\n')
    assert (profile.rows, profile.features[0].kinds.missing) == (2, 1)


def test_json_booleans_are_boolean(tmp_path: Path) -> None:
    assert json_lines(tmp_path, '{"a": true}\n').features[0].inferred is InferredType.BOOLEAN


@pytest.mark.parametrize(("line", "cause"), [("{", "they are not JSON"), ("[1]", "they are no objects")])
def test_a_line_that_is_no_object_is_counted(tmp_path: Path, line: str, cause: str) -> None:
    assert json_lines(tmp_path, f'{line}\n{{"a": 1}}\n').reading.unreadable == {cause: 1}


def test_parquet_numbers_are_read(tmp_path: Path) -> None:
    profile = parquet(tmp_path, {"i": [1, 2, None], "f": [1.0, 2.5, 3.0], "s": ["a", "", None]})
    assert [feature.inferred.value for feature in profile.features] == ["Integral", "Fractional", "String"]


def test_missing_parquet_values_are_missing(tmp_path: Path) -> None:
    assert parquet(tmp_path, {"i": [1, None]}).features[0].kinds.missing == 1


def test_an_empty_parquet_text_is_a_value(tmp_path: Path) -> None:
    assert parquet(tmp_path, {"s": ["", "a"], "i": [1, 2]}).features[0].kinds.string == 2


def test_not_a_number_is_missing_in_parquet(tmp_path: Path) -> None:
    assert parquet(tmp_path, {"f": [1.5, float("nan")], "i": [1, 2]}).features[0].kinds.missing == 1


def test_a_parquet_column_of_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="column x must be a number or a text, got List"):
        parquet(tmp_path, {"x": [[1], [2]]})


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DriftError, match="cannot be read as Parquet"):
        profiled(source=Source(path=tmp_path / "data.parquet", format=Format.PARQUET))


def test_parquet_files_of_different_columns_are_refused(tmp_path: Path) -> None:
    polars.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.parquet")
    polars.DataFrame({"b": [1]}).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(DriftError, match="must have the columns of the first file"):
        profiled(source=Source(path=tmp_path, format=Format.PARQUET))


def test_a_preprocessor_cannot_read_parquet(tmp_path: Path) -> None:
    polars.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DriftError, match="a preprocessor takes lines of text, the data are Parquet"):
        profiled(source=Source(path=tmp_path, format=Format.PARQUET, preprocessor=lambda _: []))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "1", Format.CSV),
        ("a.csv.gz", "", Format.CSV),
        ("a.csv.out", "1", Format.CSV),
        ("a.parquet", "", Format.PARQUET),
        ("a.jsonl", '{"a": 1}', Format.JSON_LINES),
        ("a.jsonl", LINE, Format.CAPTURE),
    ],
)
def test_a_format_is_guessed_by_the_name_and_the_first_line(
    tmp_path: Path, name: str, text: str, expected: Format
) -> None:
    (tmp_path / name).write_text(text)
    assert guessed_format(path=tmp_path) is expected


def test_an_empty_folder_is_taken_for_captures_of_which_there_are_none(tmp_path: Path) -> None:
    assert guessed_format(path=tmp_path) is Format.CAPTURE


def test_a_name_that_says_no_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("")
    with pytest.raises(DriftError, match="format must be one of csv, json, parquet, capture"):
        guessed_format(path=tmp_path)


def test_the_same_table_has_the_same_profile_as_csv_and_as_parquet(
    tmp_path: Path, profile_csv_text: Callable[..., Profile]
) -> None:
    table = polars.DataFrame({"i": range(500), "s": [f"t{n % 9}" for n in range(500)]})
    table.write_parquet(tmp_path / "t.parquet")
    from_parquet = profiled(source=Source(path=tmp_path / "t.parquet", format=Format.PARQUET))
    assert repr(profile_csv_text(table.write_csv(), header=True)) == repr(from_parquet)
