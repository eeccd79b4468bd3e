"""Tables of typed columns, as the CSV that they would be; polars holds them."""

import io
from collections.abc import Iterator, Mapping

import polars

from modelyard.drift.reading.json_rows import INFINITIES

ROWS = 20_000
MICROSECONDS = 1_000_000


def refused_columns(schema: Mapping[str, polars.DataType]) -> dict[str, str]:
    """Return the columns that are neither numbers nor texts, with their types."""
    return {
        name: str(kind)
        for name, kind in schema.items()
        if kind.is_nested() or kind in (polars.Binary, polars.Object, polars.Unknown)
    }


def column_kind(kind: polars.DataType) -> str:
    """Return what a column holds: integer, number, boolean or text."""
    if kind.is_integer():
        return "integer"
    number = kind.is_numeric() or kind == polars.Duration
    return "number" if number else "boolean" if kind == polars.Boolean else "text"


def csv_batches(table: polars.LazyFrame) -> Iterator[tuple[int, bytes]]:
    """Yield how many rows were empty, and the others as CSV without a header.

    Not-a-number is missing, infinity a number beyond every double: as words they would make a text of the column.
    Durations are seconds.
    """
    durations = polars.selectors.duration().dt.total_microseconds() / MICROSECONDS
    for rows in row_batches(table.with_columns(durations).with_columns(polars.selectors.float().fill_nan(None))):
        finite = rows.with_columns(_without_infinity(column) for column in rows if _has_infinity(column))
        # alone on its line a missing value would be a blank line
        empty = finite.to_series().null_count() if finite.width == 1 else 0
        text = io.BytesIO()
        (finite.drop_nulls() if finite.width == 1 else finite).write_csv(text, include_header=False)
        yield empty, text.getvalue()


def _has_infinity(column: polars.Series) -> bool:
    return column.dtype.is_float() and bool(column.is_infinite().any())


def _without_infinity(column: polars.Series) -> polars.Series:
    return column.cast(polars.String).replace(INFINITIES)


def row_batches(table: polars.LazyFrame) -> Iterator[polars.DataFrame]:
    """Yield the rows, some at a time.

    Raises:
        ValueError: there are fewer than the table says.
    """
    count = int(table.select(polars.len()).collect().item())
    for offset in range(0, count, ROWS):
        rows = table.slice(offset, ROWS).collect()
        if rows.height != min(ROWS, count - offset):
            raise ValueError(f"it says that it has {count} rows, and has fewer")
        yield rows
