"""Records of an object, CSV or JSON: split, read, written, put together into payloads, and assembled again.

Source: "Use batch transform to get inferences from large datasets" in AWS's developer guide, TransformInput and
CreateTransformJob in the API reference.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

MEGABYTE = 1024**2


class Split(StrEnum):
    """How an object is cut into records: the values of SplitType that work here."""

    NONE = "None"
    LINE = "Line"


class Strategy(StrEnum):
    """How many records a request carries: the values of BatchStrategy."""

    SINGLE = "SingleRecord"
    MULTI = "MultiRecord"


class Assembly(StrEnum):
    """How answers are put together: the values of AssembleWith."""

    NONE = "None"
    LINE = "Line"


class Format(StrEnum):
    """What a filter or a join can look into: the content types that DataProcessing supports."""

    CSV = "text/csv"
    JSON = "application/json"
    JSON_LINES = "application/jsonlines"


class RecordError(ValueError):
    """A record that is not of its content type, or that does not fit to others."""


class TooLarge(ValueError):
    """A record that does not fit into one payload."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record as it lies in the object, and as the model sees it."""

    source: bytes
    payload: bytes


def split(*, body: bytes, kind: Split) -> list[bytes]:
    """Cut an object at its line feeds, or not at all; each line ends in one, and empty lines are no records."""
    if kind is Split.NONE:
        return [body] if body else []
    return [line + b"\n" for line in body.split(b"\n") if line.strip()]


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
        if kind is not Format.CSV:
            return json.loads(decoded)
        rows = list(csv.reader(io.StringIO(decoded.rstrip("\r\n")), strict=True))
        return rows[0] if rows else []
    except (ValueError, RecursionError, csv.Error) as error:
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
    """Return the records of an answer; the answer to a whole object of JSON is a single record."""
    if whole and kind is Format.JSON:
        return [body]
    return [line.rstrip(b"\r") for line in body.split(b"\n") if line.strip()]


def batches(*, records: Iterable[Record], strategy: Strategy, most_bytes: int) -> Iterator[Sequence[Record]]:
    """Put records together, in order, as many as fit into one payload, or each by itself.

    Raises:
        TooLarge: a record is longer than a payload may be.

    """
    batch: list[Record] = []
    batch_bytes = 0
    for record in records:
        size = len(record.payload)
        if size > most_bytes:
            limit = f"{most_bytes / MEGABYTE:g} MB"
            raise TooLarge(f"a record must be at most {limit}, got {size} bytes; raise MaxPayloadInMB")
        if batch and (strategy is Strategy.SINGLE or batch_bytes + size > most_bytes):
            yield batch
            batch, batch_bytes = [], 0
        batch.append(record)
        batch_bytes += size
    if batch:
        yield batch


def payload(records: Sequence[Record]) -> bytes:
    """Return the body of a request: its records one after the other."""
    return b"".join(record.payload for record in records)


def assemble(*, answers: Iterable[bytes], kind: Assembly) -> bytes:
    """Return the answers one after the other; with Line each ends in a line feed.

    An answer that ends in one already gets no second: the reference says that records end so, not that empty lines
    follow them.
    """
    if kind is Assembly.NONE:
        return b"".join(answers)
    return b"".join(answer if answer.endswith(b"\n") else answer + b"\n" for answer in answers)


def manifest(*, prefix: str, names: Iterable[str]) -> str:
    """Return a manifest of objects below a prefix.

    Source: S3DataSource, ManifestFile, in AWS's API reference.
    """
    return json.dumps([{"prefix": prefix}, *names])


def capture_key(*, side: str, started: datetime, name: str) -> str:
    """Return the key of a manifest of captured data below its destination: `side` is input or output.

    The hour is that in which the job began ("Capture data from batch transform job", AWS's developer guide); the
    file's own name is not documented.
    """
    return f"{side}/{started:%Y/%m/%d/%H}/{name}.json"
