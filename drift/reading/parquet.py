"""Parquet files, as the CSV that they would be."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.profiling.profiler import Profiler
from modelyard.drift.reading.jsonlines import as_typed

_ROWS = 20_000


def profile_parquet(
    *, paths: Sequence[Path], known: Sequence[str] = (), watch: Sequence[Sequence[str]] = ()
) -> Profile:
    """Return the profile of Parquet files of the same columns; not-a-number is a missing value.

    With known names the columns are put into their order when they are the same. Raise DriftError for files
    that cannot be read, and for columns of lists or structures.
    """
    names = _names(paths[0]) if paths else []
    order = list(known) if set(known) == set(names) else names
    profiler = Profiler(width=len(order), watch=watch)
    for path in paths:
        _feed(path, order, profiler)
    return as_typed(profile=profiler.finish(names=order, declared=len(order)))


def text_rows(*, path: Path, names: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
    """Yield the rows of some columns as texts.

    Raise DriftError for a file that cannot be read, and for a column that is not there.
    """
    missing = sorted(set(names) - set(_names(path)))
    if missing:
        raise DriftError(f"{path} must have a column {missing[0]}, it has none; name one of its columns")
    frame = polars.scan_parquet(path, glob=False).select(sorted(set(names))).cast(polars.String)
    for rows in _batches(frame, path):
        yield from zip(*(rows[name].to_list() for name in names), strict=True)


def _names(path: Path) -> list[str]:
    try:
        schema = polars.read_parquet_schema(path)
    except (polars.exceptions.PolarsError, OSError) as error:
        raise DriftError(f"{path} cannot be read as Parquet ({_line(error)}); give a Parquet file") from error
    for name, kind in schema.items():
        if kind.is_nested() or kind == polars.Binary or kind == polars.Object:
            raise DriftError(f"column {name} must be a number or a text, got {kind} in {path}; give flat columns")
    return list(schema)


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]


def _feed(path: Path, order: Sequence[str], profiler: Profiler) -> None:
    if set(_names(path)) != set(order):
        raise DriftError(f"{path} must have the columns of the first file; give files of the same columns")
    frame = polars.scan_parquet(path, glob=False).select(order).with_columns(polars.selectors.float().fill_nan(None))
    for rows in _batches(frame, path):
        _feed_rows(rows, profiler)


def _batches(frame: polars.LazyFrame, path: Path) -> Iterator[polars.DataFrame]:
    try:
        rows = int(frame.select(polars.len()).collect().item())
        for offset in range(0, rows, _ROWS):
            yield frame.slice(offset, _ROWS).collect()
    except (polars.exceptions.PolarsError, OSError) as error:
        raise DriftError(f"{path} cannot be read as Parquet ({_line(error)}); give a Parquet file") from error


def _feed_rows(rows: polars.DataFrame, profiler: Profiler) -> None:
    if rows.width == 1:
        # alone on its line a missing value would be a blank line
        profiler.note_empty_rows(count=rows.to_series().null_count())
        rows = rows.drop_nulls()
    text = io.BytesIO()
    rows.write_csv(text, include_header=False)
    data = np.frombuffer(bytearray(text.getvalue()), dtype=np.uint8)
    profiler.feed(data=data, start=0, stop=len(data))
