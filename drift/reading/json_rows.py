"""JSON values as the flat rows that a table needs."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from modelyard.drift.errors import DriftError
from modelyard.drift.line_breaks import split_lines

Row: TypeAlias = "dict[str, str | None]"

WRAPPERS = ("instances", "predictions")
# Texts of numbers beyond every double; as words infinities would make a column of numbers one of texts.
INFINITIES = {"inf": "1e999", "-inf": "-1e999"}


def parse_json(*, text: str | bytes) -> object:
    """Return the JSON value with each number as the text it was written in.

    Raises:
        DriftError: it is not JSON.
    """
    try:
        return json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise DriftError("they are not JSON") from error


def parse_documents(*, text: str) -> list[object]:
    """Return the JSON value of a text, or the value of each of its lines where they are one each (JSON Lines).

    Raises:
        DriftError: it is neither.
    """
    try:
        return [parse_json(text=text)]
    except DriftError:
        lines = [line for line in split_lines(text) if line.strip()]
        if len(lines) < 2:
            raise
        return [parse_json(text=line) for line in lines]


def flatten(*, value: object) -> Row:
    """Return the leaves by path: a member after its object's name and a point, an item after its list's position.

    Names are in alphabetical order, as Spark has the columns of JSON; items stay in theirs.
    """
    row: Row = {}
    try:
        _add_leaves(row, "", value)
    except RecursionError as error:
        raise DriftError("they are nested too deeply") from error
    return row


def _add_leaves(row: Row, path: str, value: object) -> None:
    if isinstance(value, Mapping):
        for name in sorted(value, key=str):
            _add_leaves(row, f"{path}.{name}" if path else str(name), value[name])
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            _add_leaves(row, f"{path}.{position}" if path else str(position), item)
    else:
        if isinstance(value, bool):
            text: str | None = str(value).lower()
        elif isinstance(value, float) and not math.isfinite(value):
            text = None if math.isnan(value) else INFINITIES[str(value)]
        else:
            text = value if value is None or isinstance(value, str) else str(value)
        row[path if path else "value"] = text


def payload_rows(*, value: object) -> list[Row]:
    """Return the rows of one payload.

    A list under `instances` or `predictions` has one row an item, as TensorFlow Serving has it; so has a
    list of lists or of objects. A list of plain values, and any other object, is one row.
    """
    if isinstance(value, Mapping) and len(value) == 1:
        name, inside = next(iter(value.items()))
        if name in WRAPPERS and isinstance(inside, list):
            return [flatten(value=item) for item in inside]
    if isinstance(value, list) and any(isinstance(item, list | Mapping) for item in value):
        return [flatten(value=item) for item in value]
    return [flatten(value=value)]


def csv_record(*, values: Sequence[str | None]) -> str:
    """Return a CSV record without its line break; None is the empty field, the empty text a quoted one."""
    return ",".join("" if value is None else _field(value) for value in values)


def _field(value: str) -> str:
    special = value == "" or any(mark in value for mark in ',"\r\n') or value.isspace()
    return '"' + value.replace('"', '""') + '"' if special else value
