import datetime
import math
from typing import Any

import pandas
import polars
import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.profiling.value_types import TypeCounts
from modelyard.drift.reading.frames import profile_frame
from modelyard.drift.reading.source import Format, Source, profiled
from support.drift.columns import numbers_of

COLUMNS: dict[str, list[Any]] = {
    "whole": [1, 2, 3, None],
    "float": [1.0, 2.0, float("nan"), 4.0],
    "text": ["a", 'b"', None, "c,d"],
    "flag": [True, False, True, None],
    "day": [datetime.date(2026, 1, day) for day in (1, 2, 3, 4)],
}


class OnlyArrow:
    """A table that gives nothing but Arrow's stream, as pyarrow's and DuckDB's do."""

    def __init__(self, table: polars.DataFrame) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def types(profile: Profile) -> list[str]:
    return [feature.inferred.value for feature in profile.features]


def test_columns_of_polars_keep_their_types() -> None:
    found = profile_frame(frame=polars.DataFrame(COLUMNS))
    assert types(found) == ["Integral", "Fractional", "String", "Boolean", "String"]
    assert [feature.type_counts.missing for feature in found.features] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("give", [OnlyArrow, lambda table: table.lazy()])
def test_a_lazy_or_an_arrow_table_has_the_profile_of_its_polars_table(give: Any) -> None:
    table = polars.DataFrame(COLUMNS)
    assert profile_frame(frame=give(table)) == profile_frame(frame=table)


def test_a_table_has_the_profile_of_its_parquet_file(tmp_path: Any) -> None:
    table = polars.DataFrame(COLUMNS)
    table.write_parquet(tmp_path / "data.parquet")
    from_file = profiled(source=Source(path=tmp_path / "data.parquet", format=Format.PARQUET))
    assert profile_frame(frame=table) == from_file


def test_columns_of_pandas_keep_their_types() -> None:
    frame = pandas.DataFrame(
        {
            "whole": [1, 2, 3],
            "float": [1.0, None, 3.0],
            "nullable": pandas.array([1, None, 3], dtype="Int64"),
            "flag": pandas.array([True, None, False], dtype="boolean"),
            "text": ["a", None, "b"],
            "category": pandas.Categorical(["x", "y", None]),
            "time": pandas.to_datetime(["2026-01-01", None, "2026-01-03"]),
        }
    )
    found = profile_frame(frame=frame)
    assert types(found) == ["Integral", "Fractional", "Integral", "Boolean", "String", "String", "String"]
    assert [feature.type_counts.missing for feature in found.features] == [0, 1, 1, 1, 1, 1, 1]


def test_pandas_columns_may_be_numbered() -> None:
    assert [feature.name for feature in profile_frame(frame=pandas.DataFrame([[1, 2]])).features] == ["0", "1"]


def test_pandas_columns_of_one_name_are_refused() -> None:
    with pytest.raises(DriftError, match="columns must have different names, got 'a' 2 times; rename one"):
        profile_frame(frame=pandas.DataFrame([[1, 2]], columns=["a", "a"]))


def test_a_pandas_column_of_several_types_is_refused() -> None:
    with pytest.raises(DriftError, match="column x must hold values of one type, got int, str; convert it"):
        profile_frame(frame=pandas.DataFrame({"x": [1, "a"]}))


@pytest.mark.parametrize("values", [[[1]], [{"a": 1}], [b"a"]])
def test_a_column_that_is_neither_number_nor_text_is_refused(values: list[object]) -> None:
    with pytest.raises(DriftError, match="column x must be a number or a text, got"):
        profile_frame(frame=polars.DataFrame({"x": values}))


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(DriftError, match="must be a DataFrame of polars or pandas, or an Arrow table, got list"):
        profile_frame(frame=[1])  # type: ignore[arg-type]


def test_a_table_that_needs_another_library_for_arrow_is_refused() -> None:
    class WithoutLibrary:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            raise ImportError("no pyarrow")

    with pytest.raises(DriftError, match=r"WithoutLibrary must give its columns as Arrow's, and cannot \(no pyarrow"):
        profile_frame(frame=WithoutLibrary())


def test_a_column_with_an_infinity_stays_fractional_and_keeps_its_other_numbers() -> None:
    table = polars.DataFrame({"x": [1.0, math.inf, -math.inf, 2.5], "y": [1.0, 2.0, 3.0, 4.0]})
    infinite = profile_frame(frame=table).features[0]
    assert infinite.type_counts == TypeCounts(missing=0, fractional=4)
    assert numbers_of(infinite).levels[0].tolist() == [1.0, math.inf, -math.inf, 2.5]


def test_durations_are_seconds() -> None:
    table = polars.DataFrame({"x": [datetime.timedelta(minutes=1), datetime.timedelta(milliseconds=500)]})
    assert numbers_of(profile_frame(frame=table).features[0]).sum == 60.5


def test_rows_without_a_value_in_their_only_column_are_counted() -> None:
    found = profile_frame(frame=polars.DataFrame({"x": [None, 1, None]}))
    assert (found.rows, found.features[0].type_counts) == (3, TypeCounts(missing=2, integral=1))
