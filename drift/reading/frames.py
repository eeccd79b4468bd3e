"""Tables in memory: of polars, of pandas, or of whatever gives its columns as Arrow's."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import polars

from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.profiling.profiler import Profiler
from modelyard.drift.reading.tables import csv_batches, refused_columns


@runtime_checkable
class ArrowTable(Protocol):
    """A table that others may read through Arrow's C stream: pyarrow's, DuckDB's and many more."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the stream."""
        ...


@runtime_checkable
class PandasFrame(Protocol):
    """As much of a pandas DataFrame as is read here; pandas itself need not be installed."""

    iloc: Any
    dtypes: Any
    columns: Any


Frame: TypeAlias = polars.DataFrame | polars.LazyFrame | PandasFrame | ArrowTable


def profile_frame(*, frame: Frame, known: Sequence[str] = (), watch: Sequence[Sequence[str]] = ()) -> Profile:
    """Return the profile of a table, the same as of a Parquet file with its columns.

    With known names the columns are put into their order when they are the same.

    Raises:
        DriftError: this is no table, or a column is neither of numbers nor of texts.
    """
    table = _as_polars(frame)
    return profile_tables(tables=[table], columns=table.columns, known=known, watch=watch)


def profile_tables(
    *,
    tables: Iterable[polars.DataFrame],
    columns: Sequence[str],
    known: Sequence[str] = (),
    watch: Sequence[Sequence[str]] = (),
) -> Profile:
    """Return the profile of the rows of all these tables, which have the same columns; see `profile_frame`.

    Raises:
        DriftError: a column is neither of numbers nor of texts.
    """
    order = list(known) if set(known) == set(columns) else list(columns)
    profiler = Profiler(width=len(order), watch=watch)
    for table in tables:
        for name, kind in refused_columns(table.schema).items():
            raise DriftError(f"column {name} must be a number or a text, got {kind}; give flat columns")
        for empty, content in csv_batches(table.select(order).lazy()):
            profiler.note_empty_rows(count=empty)
            data = np.frombuffer(bytearray(content), dtype=np.uint8)
            profiler.feed(data=data, start=0, stop=len(data))
    return profiler.finish(names=order, declared=len(order), typed=True)


def refuse_equal_names(names: Sequence[str]) -> None:
    """Refuse columns of which two have one name.

    Raises:
        DriftError: they are these columns.
    """
    for name, times in Counter(names).items():
        if times > 1:
            raise DriftError(f"columns must have different names, got {name!r} {times} times; rename one")


def _as_polars(frame: Frame) -> polars.DataFrame:
    if isinstance(frame, polars.LazyFrame):
        return frame.collect()
    if isinstance(frame, polars.DataFrame):
        return frame
    # before Arrow's: pandas has its stream too, and needs pyarrow for it
    if isinstance(frame, PandasFrame):
        return _from_pandas(frame)
    if isinstance(frame, ArrowTable):
        try:
            return polars.DataFrame(frame)
        except ImportError as error:
            raise DriftError(
                f"{type(frame).__name__} must give its columns as Arrow's, and cannot ({error}); give a DataFrame"
            ) from error
    raise DriftError(
        f"data must be a DataFrame of polars or pandas, or an Arrow table, got {type(frame).__name__}; convert it"
    )


def _from_pandas(frame: PandasFrame) -> polars.DataFrame:
    names = [str(name) for name in frame.columns]
    refuse_equal_names(names)
    return polars.DataFrame([_pandas_column(frame.iloc[:, at], name) for at, name in enumerate(names)])


def _pandas_column(column: Any, name: str) -> polars.Series:
    # numbers, booleans and times of numpy are taken as they are; pandas' own types one value after the other
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufmM":
        return polars.Series(name, column.to_numpy())
    values = column.astype(object).where(column.notna(), None).tolist()
    try:
        return polars.Series(name, values)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in values if value is not None})
        raise DriftError(
            f"column {name} must hold values of one type, got {', '.join(kinds)}; convert it, such as with astype(str)"
        ) from error
