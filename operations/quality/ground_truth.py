"""Ground truth as people write it: the id of a request and its label, a line each."""

import csv
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelyard.drift.line_breaks import split_lines
from modelyard.manifest.quality import BINARY, REGRESSION, Quality
from modelyard.operations.failures import Failure

HEADER = ("id", "label")
# InferenceId of InvokeEndpoint (API reference).
LONGEST_ID = 64
SHOWN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class GroundTruth:
    """The label of the request with an id.

    Raises:
        ValueError: there is no id or no label, or no request can have such an id.
    """

    id: str
    label: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.id) <= LONGEST_ID or not self.id.isascii():
            raise ValueError(f"id must be 1 to {LONGEST_ID} characters of ASCII, got {self.id[:SHOWN]!r}")
        if not self.label:
            raise ValueError("label must be given, got nothing")

    @property
    def csv_line(self) -> str:
        """The record as a line of CSV."""
        return f"{_cell(self.id)},{_cell(self.label)}"

    @property
    def json_line(self) -> str:
        """The record as a line of JSON, as it is merged with a capture.

        Source: developer guide, "Ingest Ground Truth labels and merge them with predictions".
        """
        document = {
            "groundTruthData": {"data": _cell(self.label), "encoding": "CSV"},
            "eventMetadata": {"eventId": self.id},
            "eventVersion": "0",
        }
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def read_ground_truth(text: str, *, source: str) -> list[GroundTruth]:
    """Return the lines of a text: CSV of id and label, with a header or without, or an object of JSON each.

    Raises:
        Failure: a line is neither, or there is none.
    """
    lines = [(number, line) for number, line in enumerate(split_lines(text), start=1) if line.strip()]
    if lines and tuple(cell.strip() for cell in lines[0][1].split(",")) == HEADER:
        lines = lines[1:]
    if not lines:
        raise Failure(f"{source} must hold an id and a label a line, it holds none; name another file")
    return [_read(line, where=f"{source}, line {number},") for number, line in lines]


def check_labels(records: Sequence[GroundTruth], *, quality: Quality, classes: Iterable[str], source: str) -> None:
    """Refuse labels that cannot be right.

    `classes` are those of the baseline, none where they are not known.

    Raises:
        Failure: a label is no number, not one of the classes, or one of more than two.
    """
    labels = dict.fromkeys(record.label for record in records)
    if quality.problem_type == REGRESSION:
        allowed, wrong = "a number", [label for label in labels if not _is_number(label)]
    elif quality.problem_type == BINARY:
        allowed, wrong = f"one of two classes ({', '.join([*labels][:2])})", [*labels][2:]
    else:
        known = sorted(classes)
        allowed, wrong = f"one of {', '.join(known)}", [label for label in labels if known and label not in known]
    if wrong:
        raise Failure(f"A label of {source} must be {allowed}, got {wrong[0][:SHOWN]}; correct it, or leave it out")


def _read(line: str, *, where: str) -> GroundTruth:
    try:
        if line.lstrip().startswith("{"):
            document = json.loads(line)
            return GroundTruth(id=_text(document.get("id")), label=_text(document.get("label")))
        (cells,) = csv.reader([line], strict=True)
        identity, label = (cell.strip() for cell in cells)
        return GroundTruth(id=identity, label=label)
    except json.JSONDecodeError:
        why = f"must be whole JSON, got {line.strip()[:SHOWN]}"
    except (ValueError, csv.Error) as error:
        why = str(error)
        if not why.startswith(HEADER):
            why = f"must be an id and a label, got {line.strip()[:SHOWN]}"
    raise Failure(f'{where} {why}; write for instance 4711,1 or {{"id": "4711", "label": 1}}')


def _text(value: object) -> str:
    """A value as CSV has it; JSON's true is true, and its null is nothing."""
    if value is None or isinstance(value, dict | list):
        return ""
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    """A cell of CSV, in quotes where it needs them."""
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if set(text) & set(',"\n\r') else text


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
