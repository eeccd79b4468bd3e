"""An augmented manifest that no `[data]` describes yet, as a table: what its columns are is read from its sources."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.manifest.data import DataFormat
from modelyard.operations.data.augmented import AugmentedManifest, read_augmented
from modelyard.operations.data.rows import Cell, text_of
from modelyard.operations.data.source_text import csv_cells
from modelyard.operations.failures import Failure

TEXT = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class AugmentedTable:
    """The labels of a manifest and the cells of its sources, the label first, in the format of the sources."""

    manifest: AugmentedManifest
    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    form: DataFormat
    how: str

    @property
    def label(self) -> str:
        """The name of the label's column: that of its attribute."""
        return self.names[0]


def read_augmented_table(file: Path, *, label: str | None) -> AugmentedTable:
    """Return the table of a manifest; `label` chooses among several kinds of labels.

    Sources are objects of JSON, or else lines of CSV if all have as many cells, at least two, or else texts.

    Raises:
        Failure: the manifest cannot be read, or names objects.
    """
    manifest = read_augmented(file, attribute=label)
    texts = []
    for line in manifest.lines:
        if line.text is None:
            raise Failure(
                f"{file}, line {line.line}, must have a source of text to be a row of a table, got the object "
                f"{line.reference}; a channel of images needs no [data]: yard data push"
            )
        texts.append(line.text)
    labels = [line.most_telling for line in manifest.lines]
    form, names, rows, how = _cells(texts, file=file)
    if manifest.attribute in names:
        raise Failure(f"{file} must name its labels otherwise than a column of its sources, got {manifest.attribute}")
    return AugmentedTable(
        manifest=manifest,
        names=(manifest.attribute, *names),
        rows=tuple((one, *row) for one, row in zip(labels, rows, strict=True)),
        form=form,
        how=how,
    )


def _cells(texts: Sequence[str], *, file: Path) -> tuple[DataFormat, Sequence[str], Sequence[Sequence[Cell]], str]:
    objects = [_object(text) for text in texts]
    if all(one is not None for one in objects):
        found = [one for one in objects if one is not None]
        names = list(dict.fromkeys(name for one in found for name in one))
        rows = [[text_of(one.get(name)) for name in names] for one in found]
        return "jsonl", names, rows, "the keys of its sources name the columns"
    lines = [_cells_of_line(text, file=file) for text in texts]
    widths = {len(line) for line in lines}
    if len(widths) == 1 and widths != {1}:
        names = [f"column_{number}" for number in range(1, widths.pop() + 1)]
        return "csv", names, lines, "its sources are lines of CSV, so that columns are named by position"
    return "csv", [TEXT], [[text if text else None] for text in texts], "its sources are texts"


def _cells_of_line(text: str, *, file: Path) -> list[Cell]:
    """The cells of a line of CSV; nothing for what is none, which no other line is as long as."""
    try:
        return csv_cells(text, where=str(file))
    except Failure:
        return []


def _object(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
