"""The requests to send: one record each, as a client sends them, and what proves true of them."""

from pathlib import Path

from modelyard.drift.line_breaks import split_lines
from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.augmented import is_augmented
from modelyard.operations.data.examples import traffic_of
from modelyard.operations.data.records import Labelled, described_records
from modelyard.operations.data.rows import form_of
from modelyard.operations.failures import Failure
from modelyard.operations.scoring.request import content_type_of

SHOWN = 60


def bodies_of(*, model: Model, file: Path | None, drifted: bool, bucket: DataBucket | None = None) -> list[bytes]:
    """Return the records of a file, or of the model's data: of the usual population, or one that has moved.

    Where [data] does not say what a file holds, its records are its lines.

    Raises:
        Failure: the file is not there, empty, or not what [data] says, or no file is named and there are no data of the
            model.
    """
    if file is None or model.data is not None:
        return [record.body for record in _records(model=model, file=file, drifted=drifted, bucket=bucket)]
    return _lines(file)


def labelled_of(*, model: Model, file: Path | None, drifted: bool, bucket: DataBucket | None = None) -> list[Labelled]:
    """Return the same with what proves true of each: of a file without [data] the first column, which is not sent.

    Raises:
        Failure: as `bodies_of`, or a record of the file has no label or nothing beside it.
    """
    if file is not None and model.data is None:
        return labelled(b"\n".join(_lines(file)), source=str(file))
    records = _records(model=model, file=file, drifted=drifted, bucket=bucket)
    return check_labels_known(records, source=str(file) if file is not None else f"the data of {model.name}")


def media_type(*, model: Model, file: Path | None) -> str:
    """Return the media type of the records that `bodies_of` returns."""
    return model.request_type if file is None or model.data is not None else content_type_of(str(file))


def check_labels_known(records: list[Labelled], *, source: str) -> list[Labelled]:
    """Return records, each of which has a label.

    Raises:
        Failure: one has none.
    """
    unknown = next((number for number, record in enumerate(records, start=1) if not record.label), None)
    if unknown is not None:
        raise Failure(
            f"{source} must have a label in each record, record {unknown} has none; add it, and name it under [data]"
        )
    return records


def _records(*, model: Model, file: Path | None, drifted: bool, bucket: DataBucket | None) -> list[Labelled]:
    if file is None or model.data is None:
        found = traffic_of(model=model, drifted=drifted, bucket=bucket).traffic()
        return [Labelled(label=label, body=record.encode()) for label, record in found]
    _check_there(file)
    return described_records(file, data=model.data)


def _lines(file: Path) -> list[bytes]:
    _check_there(file)
    if form_of(file) == "parquet" or is_augmented(file):
        raise Failure(f"{file} must be CSV or JSON lines where no [data] says what it holds; yard data describe {file}")
    lines = [line for line in split_lines(file.read_bytes()) if line.strip()]
    if not lines:
        raise Failure(f"{file} must hold records, it is empty; name another")
    return lines


def _check_there(file: Path) -> None:
    if not file.is_file():
        raise Failure(f"{file} must be a file of records, one a line, there is none; name one")


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
        if line.lstrip().startswith(b"{"):
            raise Failure(
                f"{source}, line {number}, must be CSV where no [data] names the label, got an object of JSON; "
                "declare [data]: yard data describe FILE --label NAME"
            )
        label, _, body = line.partition(b",")
        text = label.decode(errors="replace").strip()
        if not text or not body.strip():
            raise Failure(
                f"{source}, line {number}, must have a label, a comma and what is sent, "
                f"got {line[:SHOWN].decode(errors='replace')}; put the label first"
            )
        records.append(Labelled(label=text, body=body))
    return records
