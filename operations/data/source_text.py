"""The `source` of an augmented manifest and the cells of a record: each is read from and written as the other."""

import csv
import json
from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.manifest.data import Column, DataFormat
from modelyard.operations.data.rows import SHOWN, Cell
from modelyard.operations.failures import Failure


def csv_cells(source: str, *, where: str) -> list[Cell]:
    """Return the cells of a source that is a line of CSV, an empty one as missing.

    Raises:
        Failure: the text is no line of CSV.
    """
    try:
        lines = [cells for cells in csv.reader([source], strict=True) if cells]
    except csv.Error as error:
        raise Failure(f"{where} must have a line of CSV as its source, got {error}; correct it") from error
    if len(lines) != 1:
        raise Failure(f"{where} must have one line of CSV as its source, got {source[:SHOWN]!r}; correct it")
    return [cell if cell else None for cell in lines[0]]


def cells_of(source: str, *, columns: Sequence[Column], form: DataFormat, where: str) -> Mapping[str, Any]:
    """Return the values of a source by column: of JSON where the data are JSON lines, else cells.

    A text that is the only column is the source as it stands, as people's tools write it.

    Raises:
        Failure: the source has other columns.
    """
    if form == "jsonl":
        return _object(source, columns=columns, where=where)
    if _is_plain_text(columns):
        return {columns[0].name: source if source else None}
    cells = csv_cells(source, where=where)
    if len(cells) != len(columns):
        names = ",".join(column.name for column in columns)
        raise Failure(
            f"{where} must have a source of {len(columns)} cells ({names[:SHOWN]}), got {len(cells)}; "
            "correct it, or [data]"
        )
    return {column.name: cell for column, cell in zip(columns, cells, strict=True)}


def source_of(body: str, *, columns: Sequence[Column], form: DataFormat) -> str:
    """Return what a manifest has as the source of a record that was sent: the record, or the text alone."""
    if form != "jsonl" and _is_plain_text(columns):
        (text,) = next(csv.reader([body]), [""])
        return text
    return body


def _object(source: str, *, columns: Sequence[Column], where: str) -> Mapping[str, Any]:
    try:
        value = json.loads(source)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Failure(f"{where} must have an object of JSON as its source, got {source[:SHOWN]!r}; correct it")
    names = {column.name for column in columns}
    other = next((name for name in value if name not in names), None)
    if other is not None:
        raise Failure(f"{where} must have no key {other} in its source, which [data] does not declare; declare it")
    return {column.name: value.get(column.name) for column in columns}


def _is_plain_text(columns: Sequence[Column]) -> bool:
    return len(columns) == 1 and columns[0].kind == "text"
