"""Rows of a model's data files, CSV, JSON lines and Parquet alike, held to the columns of `[data]`."""

import codecs
import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.csv_dialect import check_dialect
from modelyard.manifest.data import Column, DataFormat
from modelyard.operations.failures import Failure

# A cell as text; None is missing.
Cell = str | None

SUFFIXES: Mapping[DataFormat, tuple[str, ...]] = {
    "csv": (".csv",),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "parquet": (".parquet",),
}
# Python reads no longer ones by default.
INTEGER = re.compile(r"[+-]?[0-9]{1,4000}")
NOT_A_NUMBER = "NaN"
# What the columns of a Parquet file may hold for each kind.
HELD = {"integer": ("integer",), "number": ("integer", "number"), "text": ("text",)}
SHOWN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row, its cells in the order of the columns; `faults` says what is wrong with it, by the column's name."""

    cells: tuple[Cell, ...] = ()
    faults: Mapping[str, str]


def rows(file: Path, *, columns: Sequence[Column], form: DataFormat, header: bool = False) -> Iterator[Row]:
    """Yield the rows of a file; a header is only for CSV, and no row of it.

    Raises:
        Failure: the file cannot be read at all.
    """
    try:
        match form:
            case "csv":
                yield from _csv_rows(file, columns=columns, header=header)
            case "jsonl":
                yield from _json_rows(file, columns=columns)
            case "parquet":
                yield from _parquet_rows(file, columns=columns)
    except DriftError as error:
        raise Failure(str(error)) from error


def form_of(file: Path, *, otherwise: DataFormat = "csv") -> DataFormat:
    """Return the format that a file's name says, and another for a name that says none."""
    return next((form for form, suffixes in SUFFIXES.items() if file.suffix.lower() in suffixes), otherwise)


def column_names(file: Path) -> list[str]:
    """Return the names of a Parquet file's columns.

    Raises:
        Failure: the file cannot be read.
    """
    from modelyard.drift.reading.parquet import column_kinds

    try:
        return list(column_kinds(path=file))
    except DriftError as error:
        raise Failure(str(error)) from error


def csv_rows(file: Path, *, errors: str = "replace") -> Iterator[list[str]]:
    """Yield the rows of a CSV file; what is no UTF-8 is replaced, unless `errors` is `strict`.

    Raises:
        Failure: the file is no CSV, or no UTF-8 where that is asked for.
    """
    for _, row in numbered_csv_rows(file, errors=errors):
        yield row


def numbered_csv_rows(file: Path, *, errors: str = "strict") -> Iterator[tuple[int, list[str]]]:
    """Yield the same, each with the number of its last line; raises as `csv_rows` does."""
    try:
        check_dialect(path=file)
        with file.open(encoding="utf-8-sig", errors=errors, newline="") as lines:
            reader = csv.reader(lines)
            for row in reader:
                yield reader.line_num, row
    except DriftError as error:
        raise Failure(str(error)) from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise Failure(f"{file} must be CSV in UTF-8, got {error}; save it so") from error


def body_of(cells: Sequence[Cell], *, columns: Sequence[Column], form: DataFormat) -> str:
    """Return a record as it is sent: an object of JSON where the data are JSON lines, else a line of CSV."""
    if form != "jsonl":
        return csv_text([["" if cell is None else cell for cell in cells]])
    values = {column.name: _value(cell, column=column) for cell, column in zip(cells, columns, strict=True)}
    return json.dumps(values, ensure_ascii=False)


def csv_text(table: Sequence[Sequence[str]]) -> str:
    """Return rows as CSV, without a line end after the last."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue().removesuffix("\n")


def _csv_rows(file: Path, *, columns: Sequence[Column], header: bool) -> Iterator[Row]:
    names = [column.name for column in columns]
    if not header and _has_byte_order_mark(file):
        why = "which would be part of its first cell; save it as UTF-8 without the mark"
        yield Row(faults={"": f"{file} must have no byte order mark, {why}"})
    # A blank line is no row.
    for number, (line, cells) in enumerate((line, cells) for line, cells in numbered_csv_rows(file) if cells):
        where = f"{file}, line {line},"
        if number == 0 and header:
            pairs = enumerate(zip_longest(cells, names, fillvalue="nothing"), start=1)
            unlike = next(
                (f"{found} as column {at} in the place of {name}" for at, (found, name) in pairs if found != name), None
            )
            if unlike is not None:
                why = f"must be the header {_short(names)}, got {unlike}; put the columns into this order"
                yield Row(faults={"": f"{where} {why}"})
                return
        elif number == 0 and cells == names:
            hint = "remove the line, or say header = true of the channel"
            yield Row(faults={"": f"{where} must be a row, got the header {_short(cells)}; {hint}"})
        elif len(cells) != len(columns):
            why = f"must have {len(columns)} cells ({_short(names)}), got {len(cells)}; correct the line, or [data]"
            yield Row(faults={"": f"{where} {why}"})
        else:
            found = tuple(cell if cell else None for cell in cells)
            yield Row(cells=found, faults=faults_of(found, columns=columns, where=where))


def _json_rows(file: Path, *, columns: Sequence[Column]) -> Iterator[Row]:
    names = {column.name for column in columns}
    for number, record in json_records(file):
        where = f"{file}, line {number},"
        if not isinstance(record, dict):
            faults = {"": f"{where} must be an object of JSON, got {_shown(record)}; write one a line"}
            yield Row(faults=faults)
            continue
        faults = {
            key: f"{where} must have no key {key}, which is none of the columns of [data]; remove it, or declare it"
            for key in record.keys() - names
        }
        values = [record.get(column.name) for column in columns]
        faults |= faults_of(values, columns=columns, where=where, typed=True)
        yield Row(cells=tuple(map(text_of, values)), faults=faults)


def json_records(file: Path) -> Iterator[tuple[int, Any]]:
    """Yield the records of a file of JSON lines, each with the number of its line.

    Raises:
        Failure: a line is no JSON.
    """
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield number, json.loads(line)
            except ValueError as error:  # no UTF-8 is one, too
                why = f"must be a record of JSON, got {line[:SHOWN].decode(errors='replace').strip()}"
                raise Failure(f"{file}, line {number}, {why}; write one a line, in UTF-8") from error


def _parquet_rows(file: Path, *, columns: Sequence[Column]) -> Iterator[Row]:
    # polars is needed, and loaded, for Parquet alone
    from modelyard.drift.reading.parquet import column_kinds, text_rows

    held = column_kinds(path=file)
    faults = {
        name: f"{file} must have no column {name}, which [data] does not declare; remove it, or declare it"
        for name in held.keys() - {column.name for column in columns}
    }
    for column in columns:
        found = held.get(column.name)
        if found not in HELD[column.kind]:
            got = "none" if found is None else found
            hint = "give the file such a column, or correct [data]"
            faults[column.name] = f"{file} must have a column {column.name} of kind {column.kind}, got {got}; {hint}"
    if faults:
        yield Row(faults=faults)
        return
    numeric = [column.kind != "text" for column in columns]
    for number, texts in enumerate(text_rows(path=file, names=[column.name for column in columns]), start=1):
        cells = tuple(
            None if is_numeric and cell == NOT_A_NUMBER else cell
            for cell, is_numeric in zip(texts, numeric, strict=True)
        )
        yield Row(cells=cells, faults=faults_of(cells, columns=columns, where=f"{file}, row {number},"))


def is_number(text: str) -> bool:
    """Return whether a text is a finite number as every reader of CSV has it."""
    try:
        return math.isfinite(float(text)) and text.isascii() and "_" not in text
    except ValueError:
        return False


def _has_byte_order_mark(file: Path) -> bool:
    with file.open("rb") as content:
        return content.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def faults_of(cells: Sequence[Any], *, columns: Sequence[Column], where: str, typed: bool = False) -> dict[str, str]:
    """Return what is wrong with the cells of a row, by column: texts, or values of JSON, which are typed."""
    pairs = zip(cells, columns, strict=True)
    found = ((column.name, _fault(cell, column=column, where=where, typed=typed)) for cell, column in pairs)
    return {name: fault for name, fault in found if fault is not None}


def _fault(value: Any, *, column: Column, where: str, typed: bool) -> str | None:
    place = f"{where} column {column.name},"
    if value is None:
        hint = "fill it, or say missing = true of the column"
        return None if column.missing else f"{place} must not be missing; {hint}"
    match column.kind:
        case "text":
            fits, allowed = isinstance(value, str), "a text"
        case "integer":
            fits, allowed = type(value) is int if typed else INTEGER.fullmatch(value) is not None, "a whole number"
        case "number":
            fits, allowed = (
                type(value) is int or (type(value) is float and math.isfinite(value)) if typed else is_number(value),
                "a number",
            )
    if fits:
        return None
    hint = "correct the cell, or the kind of the column under [data]"
    hint = f"{hint}; a missing cell is empty" if column.missing and not typed else hint
    return f"{place} must be {allowed}, got {_shown(value)}; {hint}"


def text_of(value: Any) -> Cell:
    """Return a value of JSON as a cell."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _value(cell: Cell, *, column: Column) -> Any:
    """A cell as a value of JSON."""
    if cell is None or column.kind == "text":
        return cell
    return int(cell) if INTEGER.fullmatch(cell) else float(cell)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _short(names: Sequence[str]) -> str:
    text = ",".join(names)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
