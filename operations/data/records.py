"""Records of a file that somebody names, as `[data]` describes them: a header and the label may be there or not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from modelyard.manifest.data import Column, Data, DataFormat
from modelyard.operations.data.augmented import augmented_rows, is_augmented
from modelyard.operations.data.rows import Row, body_of, column_names, csv_rows, form_of, rows
from modelyard.operations.failures import Failure


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A record as it is sent, and its label: empty where that is not known."""

    label: str
    body: bytes


def described_records(file: Path, *, data: Data, most: int | None = None) -> list[Labelled]:
    """Return the records of a file, as they are sent: at least one, at most so many.

    Raises:
        Failure: the file holds no record, or one that is not what `[data]` says.
    """
    names, table = _table(file, data=data)
    found = []
    for row in islice(table, most):
        if row.faults:
            raise Failure(next(iter(row.faults.values())))
        cells = dict(zip(names, row.cells, strict=True))
        label = cells.get(data.label) if data.label is not None else None
        sent = body_of([cells[column.name] for column in data.features], columns=data.features, form=data.format)
        found.append(Labelled(label=label if label is not None else "", body=sent.encode()))
    if not found:
        raise Failure(f"{file} must hold records, it is empty; name another")
    return found


def _table(file: Path, *, data: Data) -> tuple[list[str], Iterator[Row]]:
    """The names of a file's columns, and its rows."""
    if is_augmented(file):
        return [column.name for column in data.columns], augmented_rows(file, columns=data.columns, data=data)
    form = form_of(file, otherwise=data.format)
    columns, header = _layout(file, form=form, data=data)
    return [column.name for column in columns], rows(file, columns=columns, form=form, header=header)


def _layout(file: Path, *, form: DataFormat, data: Data) -> tuple[Sequence[Column], bool]:
    """The columns of a file, and whether a header names them."""
    if form == "jsonl":
        return [replace(column, missing=column.missing or column.name == data.label) for column in data.columns], False
    if form == "parquet":
        return (data.columns if data.label in column_names(file) else data.features), False
    first = next(csv_rows(file), [])
    by_name = {column.name: column for column in data.columns}
    for columns in (data.columns, data.features):
        if sorted(first) == sorted(column.name for column in columns):
            return [by_name[name] for name in first], True
    return (data.columns if len(first) == len(data.columns) else data.features), False
