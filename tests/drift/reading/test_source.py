from pathlib import Path

import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.source import Format, guess_format

LINE = '{"captureData": {"endpointInput": {"data": "1", "encoding": "CSV"}}}'


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
    assert guess_format(path=tmp_path) is expected


def test_an_empty_folder_is_taken_for_captures_of_which_there_are_none(tmp_path: Path) -> None:
    assert guess_format(path=tmp_path) is Format.CAPTURE


def test_a_name_that_says_no_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_text("")
    with pytest.raises(DriftError, match="format must be one of csv, json, parquet, capture"):
        guess_format(path=tmp_path)
