"""Records of CSV and JSON, read for a filter or a join and written again."""

import csv
import io
import json
from enum import StrEnum
from typing import Any


class RecordError(ValueError):
    """A record that is not of the type that it is said to be."""


class Format(StrEnum):
    """What a filter or a join can look into: the content types that DataProcessing supports."""

    CSV = "text/csv"
    JSON = "application/json"
    JSON_LINES = "application/jsonlines"


def format_of(content_type: str | None) -> Format | None:
    """Return the format of a content type, its parameters aside, or None where nothing can be looked into."""
    media = (content_type if content_type is not None else "").partition(";")[0].strip().lower()
    return next((known for known in Format if known.value == media), None)


def read(*, text: bytes, kind: Format) -> Any:
    """Return a record's value: the cells of a row of CSV as texts, or what its JSON says.

    Raises:
        RecordError: the record is not of its format.

    """
    try:
        decoded = text.decode()
        return _cells(decoded) if kind is Format.CSV else json.loads(decoded)
    except (ValueError, csv.Error) as error:
        raise RecordError(f"the record must be {kind.value}, got {text[:60]!r}: {error}") from error


def write(*, value: Any, kind: Format) -> bytes:
    """Return a record's text, without an end of line.

    Raises:
        RecordError: a row of CSV would have a cell with cells of its own.

    """
    if kind is not Format.CSV:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    cells = value if isinstance(value, list) else [value]
    if any(isinstance(cell, dict | list) for cell in cells):
        raise RecordError("a filter of text/csv must select cells of a row, got a list of lists; select single cells")
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow(cells)
    return row.getvalue().encode()


def lines_of(*, body: bytes, kind: Format, whole: bool) -> list[bytes]:
    """Return the records of an answer; one of JSON that was asked about a whole object is a single record."""
    if whole and kind is Format.JSON:
        return [body]
    return [line.rstrip(b"\r") for line in body.split(b"\n") if line.strip()]


def _cells(text: str) -> list[str]:
    rows = list(csv.reader(io.StringIO(text.rstrip("\r\n")), strict=True))
    return rows[0] if rows else []
