"""Rows in and out: the CSV channels of a job, and the request and answer bodies of an endpoint.

A row is a list of cells; an empty cell is a missing value. A column of numbers is one whose training cells all are
numbers or missing; every other column is text.

A request holds one or many rows without the label, as
* text/csv: a row a line, no header; or
* application/json: {"instances": [[...], ...]}, a list of rows, or one row as a list.
The answer holds one prediction a row, in the order of the rows, as
* text/csv: one a line; or
* application/json: {"predictions": [...]}.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

CSV = "text/csv"
JSON = "application/json"
Rows = list[list[str]]


class BadInputError(ValueError):
    """What came in cannot be used: the message says what, and what to send instead."""

    status_code = 400


class ContentTypeError(BadInputError):
    """A request came in a format that is not read here."""

    status_code = 415


class AcceptError(BadInputError):
    """An answer was asked for in a format that is not written here."""

    status_code = 406


def read_channel(*, name: str, folder: str | None) -> tuple[list[str], Rows]:
    """Read every file of a channel, and return the labels and the rows without them.

    Raises:
        BadInputError: the channel is missing or empty, a row has no label, or rows differ in their length.

    """
    if not folder or not Path(folder).is_dir():
        raise BadInputError(f"channel {name} is missing, got {folder or 'no folder'}; add a channel of that name")
    found = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    files = [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    rows = [row for path in files for row in parse_csv(path.read_text(encoding="utf-8"), source=path.name)]
    if not rows or len(rows[0]) < 2:
        raise BadInputError(f"channel {name} must hold rows of a label and features, got none; put a CSV file there")
    unlabelled = next((number for number, row in enumerate(rows, start=1) if not row[0]), None)
    if unlabelled is not None:
        raise BadInputError(f"channel {name} must have the label first in each row, row {unlabelled} has none; add it")
    check_width(rows, columns=len(rows[0]))
    return [row[0] for row in rows], [row[1:] for row in rows]


def parse_csv(text: str, *, source: str) -> Rows:
    """Return the rows of a CSV text, blank lines left out.

    Raises:
        BadInputError: the text is no CSV.

    """
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise BadInputError(f"{source} must be CSV, got {error}") from error


def read_request(*, body: str | bytes, content_type: str) -> Rows:
    """Return the rows of a request.

    Raises:
        ContentTypeError: the content type is neither text/csv nor application/json.
        BadInputError: the body is not what its content type says, or holds no row.

    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (CSV, JSON):
        raise ContentTypeError(f"Content-Type must be {CSV} or {JSON}, got {content_type!r}")
    text = body if isinstance(body, str) else body.decode("utf-8", errors="replace")
    rows = parse_csv(text, source="the request") if kind == CSV else _parse_json(text)
    if not rows:
        raise BadInputError("the request must hold a row or more, got none")
    return rows


def _parse_json(text: str) -> Rows:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInputError(f"the request must be JSON, got {error.msg} at character {error.pos}") from error
    rows = document.get("instances") if isinstance(document, dict) else document
    if not isinstance(rows, list) or not rows:
        raise BadInputError('the request must be a list of rows, or an object with the list as "instances"')
    rows = rows if isinstance(rows[0], list) else [rows]
    if not all(isinstance(row, list) for row in rows):
        raise BadInputError("the request must hold each row as a list of cells")
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def check_width(rows: Rows, *, columns: int) -> None:
    """Refuse rows that are not as long as those that the model was trained on.

    Raises:
        BadInputError: a row has another number of cells.

    """
    for number, row in enumerate(rows, start=1):
        if len(row) != columns:
            raise BadInputError(f"a row must have {columns} cells, got {len(row)} in row {number}")


def columns_of_numbers(rows: Rows) -> list[int]:
    """Return the indices of the columns whose cells all are numbers or missing, one at least a number."""
    columns: list[list[str]] = [[cell for cell in column if cell] for column in map(list, zip(*rows))]
    return [index for index, cells in enumerate(columns) if cells and all(map(_is_number, cells))]


def as_array(rows: Rows, *, numbers: Sequence[int]) -> Any:
    """Return rows as an array of objects (rows, columns): floats in the columns of numbers, NaN where missing.

    Raises:
        BadInputError: a cell of such a column is no number.

    """
    array = np.array(rows, dtype=object)
    for column in numbers:
        for row, cell in enumerate(array[:, column]):
            if cell and not _is_number(cell):
                raise BadInputError(f"row {row + 1}, column {column + 1} must be a number or empty, got {cell[:40]!r}")
            array[row, column] = float(cell) if cell else math.nan
    return array


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def write_answer(*, predictions: Sequence[Any], accept: str) -> tuple[str, str]:
    """Write one prediction a row, and return the body and its content type, the first that is accepted.

    Raises:
        AcceptError: the caller accepts neither text/csv nor application/json.

    """
    for name in (part.partition(";")[0].strip().lower() for part in (accept or "*/*").split(",")):
        if name == JSON:
            return json.dumps({"predictions": list(predictions)}), JSON
        if name in (CSV, "*/*", "text/*"):
            return "\n".join(map(str, predictions)), CSV
    raise AcceptError(f"Accept must be {CSV} or {JSON}, got {accept!r}")
