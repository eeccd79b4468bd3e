"""A data set that has predictions and truths as columns, as a baseline has them."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.quality.places import Text, place
from modelyard.drift.quality.reading import PairReader
from modelyard.drift.quality.task import Task
from modelyard.drift.reading.jsontext import flat, parsed
from modelyard.drift.reading.lines import line_chunks, record_chunks
from modelyard.drift.reading.source import Format, Source


def read_dataset(*, source: Source, task: Task, reader: PairReader) -> None:
    """Give the reader the label, inference and probability of each row.

    Raise DriftError for files that cannot be read, and for a column that is not there.
    """
    if task.ground_truth is None:
        raise DriftError("ground_truth_attribute must be given for a data set, it is missing; name the label's column")
    wanted = (task.ground_truth, task.inference, task.probability)
    for path in source.files():
        if source.format is Format.CSV:
            _read_csv(path, wanted, reader, header=source.header)
        elif source.format is Format.JSON_LINES:
            _read_json(path, wanted, reader)
        elif source.format is Format.PARQUET:
            _read_parquet(path, wanted, reader)
        else:
            raise DriftError(f"format must be csv, json or parquet for a data set, got {source.format}; merge captures")


def _read_csv(path: Path, wanted: Sequence[str | None], reader: PairReader, *, header: bool) -> None:
    places: list[int | None] | None = None
    try:
        for row in _records(path):
            if places is None:
                names = row if header else []
                places = [_column(path, names, text) for text in wanted]
                if header:
                    continue
            reader.row(values=[row[at] if at is not None and at < len(row) else None for at in places])
    except csv.Error as error:
        raise DriftError(f"{path} must be CSV, it is not ({error}); give a CSV file") from error


def _records(path: Path) -> Iterator[list[str]]:
    for data, stop in record_chunks(path=path):
        text = data[:stop].tobytes().decode("utf-8", errors="replace").removeprefix("\ufeff")
        for row in csv.reader(io.StringIO(text, newline="")):
            if any(map(str.strip, row)):
                yield row


def _column(path: Path, names: Sequence[str], text: str | None) -> int | None:
    if text is None or text in names:
        return names.index(text) if text is not None else None
    index = place(text=text).index
    if index is None or (names and index >= len(names)):
        raise DriftError(f"{path} must have a column {text}, it has {_short(names)}; name one of its columns")
    return index


def _short(names: Sequence[str]) -> str:
    shown = ", ".join(names) if names else "no header"
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _read_json(path: Path, wanted: Sequence[str | None], reader: PairReader) -> None:
    names = [text.removeprefix("$.") if text is not None else None for text in wanted]
    for data, stop in line_chunks(path=path):
        for line in split_lines(data[:stop].tobytes()):
            if line.strip():
                _json_row(line, names, reader)


def _json_row(line: bytes, names: Sequence[str | None], reader: PairReader) -> None:
    try:
        row = flat(value=parsed(text=line))
    except DriftError as error:
        reader.unread(cause=str(error))
    else:
        reader.row(values=[row.get(name) if name is not None else None for name in names])


def _read_parquet(path: Path, wanted: Sequence[str | None], reader: PairReader) -> None:
    # polars is needed, and loaded, for Parquet alone
    from modelyard.drift.reading.parquet import text_rows

    names = [text for text in wanted if text is not None]
    for row in text_rows(path=path, names=names):
        found = dict(zip(names, row, strict=True))
        values: list[Text] = [found[text] if text is not None else None for text in wanted]
        reader.row(values=values)
