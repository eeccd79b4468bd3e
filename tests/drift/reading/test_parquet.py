from collections.abc import Callable
from pathlib import Path

import polars
import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.source import Format, Source, profiled


def parquet(tmp_path: Path, columns: dict[str, list[object]]) -> Profile:
    polars.DataFrame(columns, strict=False).write_parquet(tmp_path / "data.parquet")
    return profiled(source=Source(path=tmp_path / "data.parquet", format=Format.PARQUET))


def test_parquet_numbers_are_read(tmp_path: Path) -> None:
    profile = parquet(tmp_path, {"i": [1, 2, None], "f": [1.0, 2.5, 3.0], "s": ["a", "", None]})
    assert [feature.inferred.value for feature in profile.features] == ["Integral", "Fractional", "String"]


def test_missing_parquet_values_are_missing(tmp_path: Path) -> None:
    assert parquet(tmp_path, {"i": [1, None]}).features[0].type_counts.missing == 1


def test_an_empty_parquet_text_is_a_value(tmp_path: Path) -> None:
    assert parquet(tmp_path, {"s": ["", "a"], "i": [1, 2]}).features[0].type_counts.string == 2


def test_not_a_number_is_missing_in_parquet(tmp_path: Path) -> None:
    assert parquet(tmp_path, {"f": [1.5, float("nan")], "i": [1, 2]}).features[0].type_counts.missing == 1


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


def test_the_same_table_has_the_same_profile_as_csv_and_as_parquet(
    tmp_path: Path, profile_csv_text: Callable[..., Profile]
) -> None:
    table = polars.DataFrame({"i": range(500), "s": [f"t{n % 9}" for n in range(500)]})
    table.write_parquet(tmp_path / "t.parquet")
    from_parquet = profiled(source=Source(path=tmp_path / "t.parquet", format=Format.PARQUET))
    assert profile_csv_text(table.write_csv(), header=True).features == from_parquet.features
