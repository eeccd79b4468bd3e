from pathlib import Path

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.source import Format, Source, guess_format, profiled

LINE = '{"captureData": {"endpointInput": {"data": "1", "encoding": "CSV"}}}'


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "1", Format.CSV),
        ("a.csv.gz", "", Format.CSV),
        ("a.csv.out", "1", Format.CSV),
        ("a.parquet", "", Format.PARQUET),
        ("a.profile", "", Format.PROFILE),
        ("a.jsonl", '{"a": 1}', Format.JSON_LINES),
        ("a.jsonl", LINE, Format.CAPTURE),
    ],
)
def test_a_format_is_guessed_by_the_name_and_the_first_line(
    tmp_path: Path, name: str, text: str, expected: Format
) -> None:
    (tmp_path / name).write_text(text)
    assert guess_format(path=tmp_path) is expected


def test_an_empty_folder_is_taken_for_captures_of_which_there_are_none(tmp_path: Path) -> None:
    assert guess_format(path=tmp_path) is Format.CAPTURE


def test_a_name_that_says_no_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("")
    with pytest.raises(DriftError, match="format must be one of csv, json, parquet, capture"):
        guess_format(path=tmp_path)


@pytest.mark.parametrize("hidden", [".ipynb_checkpoints/t-checkpoint.csv", "a/.cache/b/c.csv", ".t.csv", "_SUCCESS"])
def test_what_is_hidden_or_below_a_hidden_folder_is_no_data(tmp_path: Path, hidden: str) -> None:
    folder = tmp_path / ".data"
    for name in ("t.csv", "a/t.csv", hidden):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("a,b\n1,2\n")
    source = Source(path=folder, format=Format.CSV)
    assert [file.relative_to(folder).as_posix() for file in source.files()] == ["a/t.csv", "t.csv"]
    assert profiled(source=source).rows == 2


def test_csv_without_commas_is_refused_before_it_is_one_column_of_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("age;city\n34;Wien\n")
    with pytest.raises(DriftError, match=r"a\.csv must have commas between its columns, got semicolons"):
        profiled(source=Source(path=tmp_path, format=Format.CSV))


def test_a_preprocessor_is_given_no_profiles(tmp_path: Path) -> None:
    with pytest.raises(DriftError, match="a preprocessor takes lines of text, the data are profiles; give CSV"):
        profiled(source=Source(path=tmp_path, format=Format.PROFILE, preprocessor=lambda _: []))
