"""A data set that has predictions and labels as columns, as a baseline has them."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from modelyard.drift.errors import DriftError
from modelyard.drift.line_breaks import split_lines
from modelyard.drift.quality.pair_reader import PairReader
from modelyard.drift.quality.task import Task
from modelyard.drift.reading.attributes import Text, parse_attribute
from modelyard.drift.reading.file_chunks import line_chunks, record_chunks
from modelyard.drift.reading.json_rows import flatten, parse_json
from modelyard.drift.reading.source import Format, Source


def read_dataset(*, source: Source, task: Task, reader: PairReader) -> None:
    """Give the reader the label, inference and probability of each row.

    Raises:
        DriftError: a file cannot be read, or a column is not there.
    """
    if task.ground_truth is None:
        raise DriftError("ground_truth_attribute must be given for a data set, it is missing; name the label's column")
    attributes = (task.ground_truth, task.inference, task.probability)
    for path in source.files():
        if source.format is Format.CSV:
            _read_csv(path, attributes, reader, header=source.header)
        elif source.format is Format.JSON_LINES:
            _read_json(path, attributes, reader)
        elif source.format is Format.PARQUET:
            _read_parquet(path, attributes, reader)
        else:
            raise DriftError(f"format must be csv, json or parquet for a data set, got {source.format}; merge captures")


def _read_csv(path: Path, attributes: Sequence[str | None], reader: PairReader, *, header: bool) -> None:
    columns: list[int | None] | None = None
    try:
        for row in _records(path):
            if columns is None:
                names = row if header else []
                columns = [_column(path, names, text) for text in attributes]
                if header:
                    continue
            reader.add_row(
                values=[row[column] if column is not None and column < len(row) else None for column in columns]
            )
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
    index = parse_attribute(text=text).index
    if index is None or (names and index >= len(names)):
        shown = ", ".join(names) if names else "no header"
        short = shown if len(shown) <= 60 else shown[:57] + "..."
        raise DriftError(f"{path} must have a column {text}, it has {short}; name one of its columns")
    return index


def _read_json(path: Path, attributes: Sequence[str | None], reader: PairReader) -> None:
    names = [text.removeprefix("$.") if text is not None else None for text in attributes]
    for data, stop in line_chunks(path=path):
        for line in split_lines(data[:stop].tobytes()):
            if line.strip():
                try:
                    row = flatten(value=parse_json(text=line))
                except DriftError as error:
                    reader.count_unreadable(cause=str(error))
                else:
                    reader.add_row(values=[row.get(name) if name is not None else None for name in names])


def _read_parquet(path: Path, attributes: Sequence[str | None], reader: PairReader) -> None:
    # polars is needed, and loaded, for Parquet alone
    from modelyard.drift.reading.parquet import text_rows

    names = [text for text in attributes if text is not None]
    for row in text_rows(path=path, names=names):
        by_name = dict(zip(names, row, strict=True))
        values: list[Text] = [by_name[text] if text is not None else None for text in attributes]
        reader.add_row(values=values)
