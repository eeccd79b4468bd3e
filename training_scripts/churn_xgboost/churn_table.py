"""Tables in and out: the CSV channels of a job, and the request and answer bodies of an endpoint.

This file stands in the folder of each churn workload, the same in both: a script travels with its own folder
only.

A request holds one or many rows without the label, as
* text/csv: a row a line, cells separated by commas, no header; or
* application/json: {"instances": [[...], ...]}, {"instances": [{"features": [...]}, ...]}, {"features":
[...]},
  {"features": [[...], ...]}, a list of rows, or one row as a list of numbers.
The answer holds one probability a row, in the order of the rows, as
* text/csv: one a line; or
* application/json: {"predictions": [...]}.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from email.message import Message
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]
CSV = "text/csv"
JSON = "application/json"


class BadInputError(ValueError):
    """What was given cannot be used: the message says what, and what to give instead."""

    status_code = 400


class ContentTypeError(BadInputError):
    """A request came in a format that is not read here."""

    status_code = 415


class AcceptError(BadInputError):
    """An answer was asked for in a format that is not written here."""

    status_code = 406


def read_channel(*, name: str, folder: str | None) -> tuple[Table, Table]:
    """Read every file of a channel, and return the labels, (n,) of 0 and 1, and the features, (n, columns).

    Raises:
        BadInputError: the channel or a file is missing, empty or not a table of numbers, or a label is not 0
        or 1.

    """
    tables = [_read_file(path=path, channel=name) for path in _files(name=name, folder=folder)]
    widths = sorted({table.shape[1] for table in tables})
    if len(widths) > 1:
        raise BadInputError(f"channel {name} must have equally many columns in all its files, got {widths}")
    table = np.concatenate(tables)
    _check_labels(name=name, labels=table[:, 0])
    return table[:, 0], table[:, 1:]


def _files(*, name: str, folder: str | None) -> list[Path]:
    if not folder or not Path(folder).is_dir():
        given = folder or "no folder"
        raise BadInputError(f"channel {name} is missing, got {given}; add a channel of that name to the job")
    found = (path for path in Path(folder).rglob("*") if path.is_file())
    paths = sorted(path for path in found if not path.name.startswith("."))
    if not paths:
        raise BadInputError(f"channel {name} must hold a CSV file, got an empty folder; put one there")
    return paths


def _read_file(*, path: Path, channel: str) -> Table:
    source = f"channel {channel}, file {path.name}"
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{source} must be UTF-8, got bytes that are not ({error.reason})") from error
    table = parse_csv(text=text, source=source)
    if table.shape[1] < 2:
        raise BadInputError(f"{source} must have the label and at least one feature a row, got one column")
    return table


def _check_labels(*, name: str, labels: Table) -> None:
    found = np.unique(labels)
    if found.tolist() != [0.0, 1.0]:
        shown = ", ".join(f"{value:g}" for value in found[:5])
        raise BadInputError(f"channel {name} must have the labels 0 and 1 in its first column, got {shown}")


def parse_csv(*, text: str, source: str) -> Table:
    """Turn comma-separated finite numbers into a table (rows, columns); blank lines do not count.

    Raises:
        BadInputError: there is no row, a row is of another length than the first, or a cell is not a finite
        number.

    """
    if not text.strip():
        raise BadInputError(f"{source} must hold at least one row of numbers, got nothing")
    try:
        table: Table = np.loadtxt(io.StringIO(text), delimiter=",", comments=None, ndmin=2)
    except ValueError as error:
        raise BadInputError(_first_fault(text=text, source=source) or f"{source}: {error}") from None
    if not np.isfinite(table).all():
        raise BadInputError(_first_fault(text=text, source=source) or f"{source} must hold finite numbers")
    return table


def _first_fault(*, text: str, source: str) -> str:
    width = 0
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        cells = line.split(",") if line.strip() else []
        width = width or len(cells)
        if cells and len(cells) != width:
            return f"{source}, line {number} must have {width} cells as the first row has, got {len(cells)}"
        for column, cell in enumerate(cells, start=1):
            if not _is_finite(cell):
                place = f"{source}, line {number}, column {column}"
                return f"{place} must be a finite number, got {cell.strip()[:40]!r}"
    return ""


def _is_finite(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def read_request(*, body: str | bytes, content_type: str) -> Table:
    """Turn the body of a request into a table (rows, columns).

    Raises:
        ContentTypeError: the content type is neither text/csv nor application/json.
        BadInputError: the body is not what its content type says, or its rows are not of finite numbers.

    """
    header = Message()
    header["Content-Type"] = content_type
    media_type = header.get_content_type() if content_type else ""
    if media_type not in (CSV, JSON):
        raise ContentTypeError(f"Content-Type must be {CSV} or {JSON}, got {content_type!r}")
    text = _decode(body=body, charset=header.get_content_charset("utf-8"))
    return parse_csv(text=text, source="the request") if media_type == CSV else _parse_json(text=text)


def _decode(*, body: str | bytes, charset: str) -> str:
    if isinstance(body, str):
        return body
    try:
        return body.decode(charset)
    except LookupError:
        raise ContentTypeError(f"charset must be one that Python knows, as utf-8, got {charset!r}") from None
    except UnicodeDecodeError as error:
        raise BadInputError(f"the request must be {charset}, got bytes that are not ({error.reason})") from error


def _parse_json(*, text: str) -> Table:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        fault = f"a fault at character {error.pos}: {error.msg}"
        raise BadInputError(f"the request must be JSON, got {fault}") from error
    rows = _rows(document)
    try:
        table: Table = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise BadInputError("the request must hold equally long rows of numbers, got other things") from None
    if table.ndim != 2 or table.size == 0 or not np.isfinite(table).all():
        raise BadInputError(f"the request must hold rows of finite numbers, got an array of shape {table.shape}")
    return table


def _rows(document: Any) -> list[Any]:
    if isinstance(document, dict):
        keys = [key for key in ("instances", "features") if key in document]
        document = document[keys[0]] if len(keys) == 1 else None
    if not isinstance(document, list):
        raise BadInputError('the request must be a list, or an object with either "instances" or "features"')
    rows = [row.get("features") if isinstance(row, dict) else row for row in document]
    return rows if any(isinstance(row, list) for row in rows) else [rows]


def check_width(*, table: Table, columns: int) -> None:
    """Refuse rows that are not as long as those that the model was trained on.

    Raises:
        BadInputError: the table has another number of columns.

    """
    if table.shape[1] != columns:
        raise BadInputError(f"a row must have {columns} cells, without the label, got {table.shape[1]}")


def write_answer(*, probabilities: Sequence[float], accept: str) -> tuple[str, str]:
    """Write one probability a row, and return the body and its content type, the first that is accepted.

    Raises:
        AcceptError: the caller accepts neither text/csv nor application/json.

    """
    kind = _choose(accept=accept)
    # The shortest text that gives the same 32-bit number: a model knows no more digits than that.
    numbers = [float(str(value)) for value in np.asarray(probabilities, dtype=np.float32)]
    if kind == JSON:
        return json.dumps({"predictions": numbers}), JSON
    return "\n".join(map(str, numbers)), CSV


def _choose(*, accept: str) -> str:
    wanted = [part.partition(";")[0].strip().lower() for part in (accept or "*/*").split(",")]
    for name in wanted:
        if name in (CSV, JSON):
            return name
        if name in ("*/*", "text/*"):
            return CSV
    raise AcceptError(f"Accept must be {CSV} or {JSON}, got {accept!r}")
