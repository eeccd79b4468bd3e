"""The requests to send: one record each, as a client sends them, and what proves true of them."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.line_breaks import split_lines
from modelyard.manifest import Model
from modelyard.operations.data.examples import example_of, write_example
from modelyard.operations.failures import Failure

TRAFFIC = "traffic/traffic.csv"
SHOWN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """A record as it is sent, and its label."""

    label: str
    body: bytes


def bodies_of(*, model: Model, file: Path | None, drifted: bool) -> list[bytes]:
    """Return the lines of a file, or of an example's traffic: from the usual population, or one that has moved.

    Raises:
        Failure: the file is not there or empty, or the model is no example and no file is named.
    """
    if file is not None:
        return _lines(file)
    with tempfile.TemporaryDirectory() as folder:
        write_example(model=model, folder=Path(folder), drifted=drifted)
        return _lines(Path(folder) / TRAFFIC)


def _lines(file: Path) -> list[bytes]:
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
    bodies = bodies_of(model=model, file=file, drifted=drifted)
    if file is not None:
        return labelled(b"\n".join(bodies), source=str(file))
    labels = example_of(model=model, drifted=drifted).traffic_labels()
    return [Labelled(label=label, body=body) for label, body in zip(labels, bodies, strict=True)]


def labelled(content: bytes, *, source: str, most: int | None = None) -> list[Labelled]:
    """Return the lines of a CSV file whose first column is the label, and which has no header.

    Raises:
        Failure: a line has no label or nothing beside it, or there is no line.
    """
    lines = [line for line in split_lines(content) if line.strip()][:most]
    if not lines:
        raise Failure(f"{source} must hold labelled records, it is empty; name another file")
    return [_labelled(line, where=f"{source}, line {number},") for number, line in enumerate(lines, start=1)]


def _labelled(line: bytes, *, where: str) -> Labelled:
    label, comma, body = line.partition(b",")
    text = label.decode(errors="replace").strip()
    if not text or not comma or not body.strip():
        raise Failure(
            f"{where} must have a label, a comma and what is sent, got {line[:SHOWN].decode(errors='replace')}; "
            "put the label first"
        )
    return Labelled(label=text, body=body)
