"""One captured record, and the rows in it."""

import base64
import binascii
import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from modelyard.drift.errors import DriftError
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.reading.json_rows import INFINITIES, Row, parse_documents, payload_rows

# The media type of numpy's own format, which the containers of frameworks take.
ARRAY = "application/x-npy"

CsvRow: TypeAlias = "list[str | None]"
Part: TypeAlias = "CsvRow | Row"


@dataclass(frozen=True, kw_only=True, slots=True)
class Payload:
    """What one side of a record carries, as the service wrote it."""

    data: str
    encoding: str
    content_type: str
    mode: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A captured request and its response; a side that was not captured is None."""

    request: Payload | None
    response: Payload | None
    event_id: str
    event_time: str
    custom_attributes: tuple[str, ...]
    version: str


def read_record(*, line: bytes | str) -> Record:
    """Read one line of a capture file.

    Raises:
        DriftError: the line is no captured record; the message says why.
    """
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DriftError("they are not JSON") from error
    capture = value.get("captureData") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(capture, Mapping):
        raise DriftError("they have no captureData")
    metadata = value.get("eventMetadata")
    event: Mapping[str, object] = metadata if isinstance(metadata, Mapping) else {}
    custom = event.get("customAttributes")
    return Record(
        request=read_payload(value=capture.get("endpointInput")),
        response=read_payload(value=capture.get("endpointOutput")),
        event_id=str(event.get("eventId", "")),
        event_time=str(event.get("inferenceTime", "")),
        custom_attributes=tuple(map(str, custom)) if isinstance(custom, list) else (),
        version=str(value.get("eventVersion", "0")),
    )


def uncaptured_record(*, line: bytes) -> Record:
    """Return a line of a data file as the record that a preprocessor is given, the same text on both sides."""
    text = line.decode("utf-8", errors="replace")
    encoding = "JSON" if text.lstrip().startswith(("{", "[")) else "CSV"
    payload = Payload(data=text, encoding=encoding, content_type="", mode="")
    return Record(request=payload, response=payload, event_id="", event_time="", custom_attributes=(), version="0")


def read_payload(*, value: object) -> Payload | None:
    """Return one side of a record, None when it is missing.

    Raises:
        DriftError: the payload carries no data.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping) or not isinstance(value.get("data"), str):
        raise DriftError("their payload has no data")
    return Payload(
        data=value["data"],
        encoding=str(value.get("encoding", "")),
        content_type=str(value.get("observedContentType", "")),
        mode=str(value.get("mode", "")),
    )


def record_rows(*, record: Record, sides: tuple[str, ...]) -> list[tuple[Part, ...]]:
    """Return the rows of a record, the response's part first.

    A payload may hold several rows; then both sides need equally many, or the response is one line of them all.

    Raises:
        DriftError: the record has none; the message says why.
    """
    wanted = {"endpointOutput": record.response, "endpointInput": record.request}
    parts = [
        payload_parts(payload=payload) for side, payload in wanted.items() if side in sides and payload is not None
    ]
    if len(parts) == 0:
        raise DriftError("neither the input nor the output was captured")
    if len(parts) == 1:
        return [(row,) for row in parts[0]]
    responses, requests = parts
    if len(responses) == 1 and len(requests) > 1 and len(responses[0]) == len(requests):
        line = responses[0]
        responses = [[value] for value in line] if isinstance(line, list) else [{"value": line[name]} for name in line]
    if len(responses) != len(requests):
        raise DriftError("their input and output have different numbers of rows")
    return list(zip(responses, requests, strict=True))


def payload_parts(*, payload: Payload) -> list[Part]:
    """Return the rows of one side of a record.

    Raises:
        DriftError: it has none; the message says why.
    """
    rows: list[Part] = []
    if payload.encoding == "BASE64" and _media_type(payload) == ARRAY:
        rows.extend(array_rows(content=_decoded(payload)))
        return rows
    encoding, data = encoding_and_text(payload=payload)
    if encoding == "CSV":
        rows.extend(csv_rows(text=data))
    else:
        try:
            values = parse_documents(text=data)
        except DriftError as error:
            raise DriftError("their payload is not JSON") from error
        rows.extend(row for value in values for row in payload_rows(value=value))
    if len(rows) == 0:
        raise DriftError("their payload is empty")
    return rows


def encoding_and_text(*, payload: Payload) -> tuple[str, str]:
    """Return CSV or JSON, and the payload's text.

    Raises:
        DriftError: the payload is neither; the message says why.
    """
    if payload.encoding in ("CSV", "JSON"):
        return payload.encoding, payload.data
    media = _media_type(payload)
    if payload.encoding != "BASE64" or not media.endswith(("csv", "json", "jsonlines")):
        raise DriftError(f"their payload is {payload.encoding or 'not encoded'} of type {media or 'unknown'}")
    try:
        text = _decoded(payload).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DriftError("their BASE64 payload is no text") from error
    return ("CSV" if media.endswith("csv") else "JSON"), text


def array_rows(*, content: bytes) -> list[CsvRow]:
    """Return the rows of an array of numbers in numpy's format: its first axis, or all of it where it has but one.

    Images, (n, height, width), are rows of their pixels. A number that is none is missing.

    Raises:
        DriftError: it is no such array, or one without values.
    """
    try:
        array = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OverflowError, MemoryError) as error:
        raise DriftError("their payload is not an array of numpy") from error
    if array.dtype.kind not in "biuf":
        raise DriftError("their payload is an array of something else than numbers")
    if array.ndim == 0 or array.size == 0:
        raise DriftError("their payload is empty")
    table = array.reshape(len(array) if array.ndim > 1 else 1, -1)
    numbers = table.astype(np.uint8) if array.dtype.kind == "b" else table
    return [
        [None if text == "nan" else INFINITIES.get(text, text) for text in row] for row in numbers.astype(str).tolist()
    ]


def _media_type(payload: Payload) -> str:
    return payload.content_type.partition(";")[0].strip().lower()


def _decoded(payload: Payload) -> bytes:
    try:
        return base64.b64decode(payload.data, validate=True)
    except binascii.Error as error:
        raise DriftError("their payload is not BASE64") from error


def csv_rows(*, text: str) -> list[CsvRow]:
    """Return the rows of a CSV payload, blank lines left out; an empty field is None."""
    try:
        lines = list(csv.reader(split_lines(text, keep_ends=True), strict=False))
    except csv.Error as error:
        raise DriftError("their payload is not CSV") from error
    return [[field if field != "" else None for field in line] for line in lines if any(map(str.strip, line))]
