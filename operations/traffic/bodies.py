"""The requests to send: one record each, as a client sends them, and what proves true of them."""

from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.line_breaks import split_lines
from modelyard.manifest import Model
from modelyard.operations.data.examples import traffic_of
from modelyard.operations.failures import Failure

SHOWN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A record as it is sent, and its label."""

    label: str
    body: bytes


def bodies_of(*, model: Model, file: Path | None, drifted: bool) -> list[bytes]:
    """Return the lines of a file, or records of the model's data: of the usual population, or one that has moved.

    Raises:
        Failure: the file is not there or empty, or no file is named and there are no data of the model.
    """
    if file is None:
        return [record.encode() for _, record in traffic_of(model=model, drifted=drifted).traffic()]
    if not file.is_file():
        raise Failure(f"{file} must be a file of records, one a line, there is none; name one")
    lines = [line for line in split_lines(file.read_bytes()) if line.strip()]
    if not lines:
        raise Failure(f"{file} must hold records, it is empty; name another")
    return lines


def labelled_of(*, model: Model, file: Path | None, drifted: bool) -> list[Labelled]:
    """Return the same with what proves true of each: of a file the first column, which is not sent.

    Raises:
        Failure: as `bodies_of`, or a line of the file has no label or nothing beside it.
    """
    if file is not None:
        return labelled(b"\n".join(bodies_of(model=model, file=file, drifted=drifted)), source=str(file))
    records = traffic_of(model=model, drifted=drifted).traffic()
    return [Labelled(label=label, body=record.encode()) for label, record in records]


def labelled(content: bytes, *, source: str, most: int | None = None) -> list[Labelled]:
    """Return the lines of a CSV file whose first column is the label, and which has no header.

    Raises:
        Failure: a line has no label or nothing beside it, or there is no line.
    """
    lines = [line for line in split_lines(content) if line.strip()][:most]
    if not lines:
        raise Failure(f"{source} must hold labelled records, it is empty; name another file")
    records = []
    for number, line in enumerate(lines, start=1):
        label, _, body = line.partition(b",")
        text = label.decode(errors="replace").strip()
        if not text or not body.strip():
            raise Failure(
                f"{source}, line {number}, must have a label, a comma and what is sent, "
                f"got {line[:SHOWN].decode(errors='replace')}; put the label first"
            )
        records.append(Labelled(label=text, body=body))
    return records
