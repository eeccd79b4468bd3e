import math
from pathlib import Path

import polars
import pytest

from modelyard.rehearsal.containers.xgboost_data import csv_table, libsvm_table, parquet_table


@pytest.mark.parametrize("line", ["1,2", "1\t2", "1;2", "1|2", "1, 2"])
def test_what_divides_the_cells_is_told_from_the_first_line(line: str) -> None:
    assert csv_table([line]).tolist() == [[1, 2]]


def test_an_empty_cell_is_missing() -> None:
    assert math.isnan(csv_table(["1,,3"])[0, 1])


@pytest.mark.parametrize("lines", [[], ["1,2", "1"], ["a,b"]])
def test_what_is_no_table_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"could not convert|rows must be equally long"):
        csv_table(lines)


def test_libsvm_names_the_features_that_are_there() -> None:
    labels, table = libsvm_table(["1 0:0.5 2:7", "0 1:3"])

    assert (labels, table.shape, table[0, 2], math.isnan(table[1, 0])) == ([1, 0], (2, 3), 7, True)


@pytest.mark.parametrize("lines", [[], ["1,2"], ["x 0:1"]])
def test_what_is_no_libsvm_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"could not convert|there must be a line"):
        libsvm_table(lines)


def test_the_files_of_a_channel_of_parquet_are_one_table(tmp_path: Path) -> None:
    polars.DataFrame({"label": [1], "seen": [True]}).write_parquet(tmp_path / "a")
    polars.DataFrame({"label": [0.5], "seen": [False]}).write_parquet(tmp_path / "b")

    assert parquet_table([tmp_path / "a", tmp_path / "b"]).tolist() == [[1, 1], [0.5, 0]]


def test_a_null_is_missing(tmp_path: Path) -> None:
    polars.DataFrame({"label": [1], "value": [None]}, schema_overrides={"value": polars.Int64}).write_parquet(
        tmp_path / "a"
    )

    assert math.isnan(parquet_table([tmp_path / "a"])[0, 1])


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"label": [1], "name": ["x"]}, "the column name must hold numbers, it is String"),
        ({"other": [1]}, "schema lengths differ"),
        (None, "parquet: File out of specification"),
    ],
)
def test_what_is_no_table_of_parquet_is_refused(
    tmp_path: Path, columns: dict[str, list[object]] | None, said: str
) -> None:
    (tmp_path / "b").write_text("label,name\n1,x\n")
    if columns is not None:
        polars.DataFrame(columns).write_parquet(tmp_path / "b")
    polars.DataFrame({"label": [1], "name": ["y"]}).write_parquet(tmp_path / "a")

    with pytest.raises(ValueError, match=said):
        parquet_table([tmp_path / "a", tmp_path / "b"])


def test_a_table_of_no_file_is_refused() -> None:
    with pytest.raises(ValueError, match="there must be a file, got none"):
        parquet_table([])
