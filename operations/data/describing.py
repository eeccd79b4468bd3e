"""The `[data]` table of a file: what its columns are, found by reading all of it."""

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from modelyard.drift.errors import DriftError
from modelyard.manifest import Model
from modelyard.manifest.data import Column, Data, DataFormat, Kind
from modelyard.manifest.structuring import structured
from modelyard.operations.data.augmented import is_augmented
from modelyard.operations.data.augmented_table import read_augmented_table
from modelyard.operations.data.rows import (
    INTEGER,
    NOT_A_NUMBER,
    Cell,
    csv_rows,
    form_of,
    is_number,
    json_records,
    numbered_csv_rows,
)
from modelyard.operations.data.schema import MISSING
from modelyard.operations.failures import Failure
from modelyard.operations.screen.words import counted


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """The table of a file, and what was decided for it, a sentence each."""

    data: Data
    decisions: tuple[str, ...]


@dataclass(kw_only=True, slots=True)
class _Seen:
    """What was seen of a column: the kinds of its values, and how many are missing, or are words for that."""

    kinds: set[Kind] = field(default_factory=set)
    missing: int = 0
    words: int = 0

    @property
    def kind(self) -> Kind:
        """The kind that holds all of them; where there is no value, that of any value."""
        if not self.kinds or "text" in self.kinds:
            return "text"
        return "number" if "number" in self.kinds else "integer"

    def note(self, cell: Cell) -> None:
        """Look at a cell that is a text."""
        if cell is None:
            self.missing += 1
        elif cell.lower() in MISSING:
            self.words += 1
        else:
            self.kinds.add("integer" if INTEGER.fullmatch(cell) else "number" if is_number(cell) else "text")

    def column(self, name: str) -> Column:
        """Return the column; words for missing cells are texts among texts."""
        return Column(name=name, kind=self.kind, missing=self.missing > 0 or (self.words > 0 and self.kind != "text"))


def described(file: Path, *, label: str | None) -> Description:
    """Describe a file: CSV with a header or without, JSON lines, Parquet or an augmented manifest.

    Raises:
        Failure: the file cannot be read, holds no row, has no column of the label's name, or values that have no kind.
        Refused: a column has a name that no manifest can hold.
    """
    if not file.is_file():
        raise Failure(f"{file} must be a file of data, there is none; name one")
    if is_augmented(file):
        return _described_manifest(file, label=label)
    form = form_of(file)
    match form:
        case "csv":
            count, seen, how = _seen_in_csv(file)
        case "jsonl":
            count, seen, how = *_seen_in_json(file), "keys name the columns"
        case "parquet":
            count, seen, how = *_seen_in_parquet(file), "its schema names the columns"
    if not count:
        raise Failure(f"{file} must hold rows, it has none; name another")
    if label is not None and label not in seen:
        raise Failure(f"--label must be a column of {file} ({', '.join(seen)}), got {label}; name one of them")
    return _description(file, label=label, form=form, seen=seen, head=f"{counted(count, 'row')} of {form}, {how}")


def _described_manifest(file: Path, *, label: str | None) -> Description:
    table = read_augmented_table(file, label=label)
    seen = {name: _Seen() for name in table.names}
    for row in table.rows:
        for one, cell in zip(seen.values(), row, strict=True):
            one.note(cell)
    found = _description(
        file, label=table.label, form=table.form, seen=seen, head=f"an augmented manifest, {table.how}"
    )
    return Description(data=found.data, decisions=(table.manifest.sentence, *found.decisions))


def _description(
    file: Path, *, label: str | None, form: DataFormat, seen: Mapping[str, _Seen], head: str
) -> Description:
    decisions = [f"{file}: {head}"]
    for name, one in seen.items():
        missing = f", missing in {counted(one.missing, 'row')}" if one.missing else ""
        decisions.append(f"{name}: {one.kind}{missing}{' (no value at all)' if not one.kinds else ''}")
        if one.words and one.kind != "text":
            words = counted(one.words, "cell")
            decisions.append(f"{name}: {words} with a word for missing, which is no number; empty them")
    columns = [one.column(name) for name, one in seen.items()]
    return Description(data=declared_data(columns, label=label, form=form, file=str(file)), decisions=tuple(decisions))


def declared_data(columns: Sequence[Column], *, label: str | None, form: DataFormat, file: str) -> Data:
    """Return the table as a manifest would be read that holds it.

    Raises:
        Refused: no manifest can hold the name of a column.
    """
    listed = [{"name": one.name, "kind": one.kind, "missing": one.missing} for one in columns]
    table: dict[str, Any] = {"columns": listed, "format": form} | ({} if label is None else {"label": label})
    return structured(table, Data, file=file)


def as_toml(data: Data) -> str:
    """Return the table as text; a text of JSON is one of TOML, too."""
    quoted = json.dumps
    lines = ["[data]"]
    lines += [f"label = {quoted(data.label, ensure_ascii=False)}"] if data.label is not None else []
    lines += [f"format = {quoted(data.format)}"] if data.format != "csv" else []
    columns = [
        f"    {{ name = {quoted(one.name, ensure_ascii=False)}, kind = {quoted(one.kind)}"
        f"{', missing = true' if one.missing else ''} }},"
        for one in data.columns
    ]
    return "".join(f"{line}\n" for line in [*lines, "columns = [", *columns, "]"])


def with_data(text: str, *, data: Data, file: Path) -> str:
    """Return a manifest's text with the table at its end.

    Raises:
        Failure: it has such a table already.
        Refused: other tables say otherwise.
    """
    if "data" in tomllib.loads(text):
        raise Failure(f"{file} must have no [data] for it to be written, it has one; remove it, or paste the new one")
    written = f"{text.rstrip()}\n\n{as_toml(data)}"
    structured(tomllib.loads(written), Model, file=str(file))
    return written


def _seen_in_csv(file: Path) -> tuple[int, dict[str, _Seen], str]:
    """The header is the first row, unless that has a number."""
    first = next(csv_rows(file), [])
    headed = not any(map(is_number, first))
    names = first if headed else [f"column_{number}" for number in range(1, len(first) + 1)]
    twice = next((name for name in names if not name or names.count(name) > 1), None)
    if twice is not None:
        raise Failure(f"{file} must name each column once, got {twice!r} in its header; rename it")
    seen = {name: _Seen() for name in names}
    count = 0
    for line, cells in islice(numbered_csv_rows(file), 1 if headed else 0, None):
        if not cells:
            continue
        if len(cells) != len(names):
            raise Failure(f"{file}, line {line}, must have {len(names)} cells, got {len(cells)}; correct the line")
        count += 1
        for one, cell in zip(seen.values(), cells, strict=True):
            one.note(cell if cell else None)
    if headed:
        return count, seen, "a header names the columns"
    return count, seen, "its first row has numbers and is no header, so that columns are named by position"


def _seen_in_json(file: Path) -> tuple[int, dict[str, _Seen]]:
    seen: dict[str, _Seen] = {}
    count = 0
    for line, record in json_records(file):
        if not isinstance(record, dict):
            raise Failure(f"{file}, line {line}, must be an object of JSON; write one a line")
        seen |= {name: _Seen(missing=count) for name in record if name not in seen}
        count += 1
        for name, one in seen.items():
            value = record.get(name)
            if value is None:
                one.missing += 1
                continue
            one.kinds.add(_kind_of(value, place=f"{file}, line {line}, {name},"))
            if len(one.kinds & {"text"}) and len(one.kinds) > 1:
                raise Failure(f"{file}, line {line}, {name}, must be as in the lines before, of texts or of numbers")
    return count, seen


def _kind_of(value: Any, *, place: str) -> Kind:
    if isinstance(value, str):
        return "text"
    if type(value) is int:
        return "integer"
    if type(value) is float and math.isfinite(value):
        return "number"
    raise Failure(f"{place} must be a number or a text, got {json.dumps(value)}; write flags as 0 and 1")


def _seen_in_parquet(file: Path) -> tuple[int, dict[str, _Seen]]:
    # polars is needed, and loaded, for Parquet alone
    from modelyard.drift.reading.parquet import column_kinds, text_rows

    try:
        held = column_kinds(path=file)
        seen = {name: _Seen(kinds={_parquet_kind(kind, name=name, file=file)}) for name, kind in held.items()}
        count = 0
        for row in text_rows(path=file, names=list(held)):
            count += 1
            for one, cell in zip(seen.values(), row, strict=True):
                one.missing += cell is None or (cell == NOT_A_NUMBER and one.kind != "text")
    except DriftError as error:
        raise Failure(str(error)) from error
    return count, seen


def _parquet_kind(kind: str, *, name: str, file: Path) -> Kind:
    kinds: Mapping[str, Kind] = {"integer": "integer", "number": "number", "text": "text"}
    if kind not in kinds:
        raise Failure(f"column {name} of {file} must be of numbers or of texts, got {kind}; write flags as 0 and 1")
    return kinds[kind]
