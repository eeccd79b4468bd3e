"""Augmented manifests, as labelling jobs write them: a JSON object a line, with a source and its labels.

A line has `source`, a text, or `source-ref`, the URI of an object; and for each label the attribute of its name and
beside it `<name>-metadata`, with the class's name, a confidence and who labelled. Any tool may write them.

Source: developer guide of SageMaker AI, "Use input and output data" of Ground Truth and "Augmented manifest".
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.manifest.data import Column, Data, Kind
from modelyard.operations.data.rows import SHOWN, Row, faults_of, is_number, json_records, text_of
from modelyard.operations.data.source_text import cells_of, csv_cells
from modelyard.operations.failures import Failure
from modelyard.operations.screen.words import counted

SUFFIX = ".manifest"
SOURCE, REFERENCE, METADATA = "source", "source-ref", "-metadata"
CLASS_NAME, CONFIDENCE, FAILURE_REASON = "class-name", "confidence", "failure-reason"
LONGEST_ATTRIBUTE = 127
# What is left out, by why.
UNLABELLED, LOW_CONFIDENCE = "without a label", "labelled with too low a confidence"


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledSource:
    """One line: what was labelled, as a text or by its URI, and with what. A label is the class's name or a value."""

    line: int
    text: str | None
    reference: str | None
    value: str | int | float | None
    class_name: str | None

    def label(self, *, kind: Kind | None) -> str | None:
        """Return the label as a cell: the class's name where the kind can hold it, else the value.

        Labelling jobs write a class as its place in their list, so that its value alone says less than its name.
        """
        if self.class_name is not None and (kind == "text" or is_number(self.class_name)):
            return self.class_name
        return text_of(self.value)

    @property
    def most_telling(self) -> str | None:
        """The class's name where there is one, else the value."""
        return self.class_name if self.class_name is not None else text_of(self.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class AugmentedManifest:
    """The lines of a manifest that are used, and how many are not, by why."""

    file: Path
    attribute: str
    lines: tuple[LabelledSource, ...]
    left_out: Mapping[str, int]

    @property
    def is_of_references(self) -> bool:
        """Whether it names objects, and not texts."""
        return any(line.reference is not None for line in self.lines)

    @property
    def sentence(self) -> str:
        """How many lines are used, and how many are not."""
        counts = (f"{count:,} {why}" for why, count in self.left_out.items())
        left = f"; left out: {', '.join(counts)}" if self.left_out else ""
        return f"{self.file}: {counted(len(self.lines), 'line')} by the labels {self.attribute}{left}"


def attribute_name(label: str) -> str:
    """Return a label's name as labelling jobs take it: of letters, digits and hyphens (LabelAttributeName)."""
    return re.sub(r"[^A-Za-z0-9]+", "-", label).strip("-")[:LONGEST_ATTRIBUTE].rstrip("-") or "label"


def is_augmented(file: Path) -> bool:
    """Return whether a file's name is that of an augmented manifest."""
    return file.suffix.lower() == SUFFIX


def read_augmented(
    file: Path, *, attribute: str | None = None, label: str | None = None, min_confidence: float | None = None
) -> AugmentedManifest:
    """Return the labelled lines of a manifest; a confidence that is not said is not too low.

    Without `attribute` the labels are those of the name `label`, else the only ones that there are.

    Raises:
        Failure: a line cannot be read, has neither source, or a label that is no class and no number; or it is not
            known which labels are meant.
    """
    records = list(_records(file))
    chosen = _attribute(file, records=records, named=attribute, label=label)
    lines, left_out = [], Counter[str]()
    for number, record in records:
        where = f"{file}, line {number},"
        value, about = record.get(chosen), _metadata(record, name=chosen, where=where)
        if value is None or FAILURE_REASON in about:
            left_out[UNLABELLED] += 1
        elif min_confidence is not None and _confidence(about, where=where) < min_confidence:
            left_out[LOW_CONFIDENCE] += 1
        else:
            lines.append(_line(record, number=number, value=_checked(value, where=where, name=chosen), about=about))
    if not lines:
        why = ", ".join(f"{count:,} {why}" for why, count in left_out.items())
        raise Failure(f"{file} must hold a labelled line, got none ({why or 'it is empty'}); name another")
    return AugmentedManifest(file=file, attribute=chosen, lines=tuple(lines), left_out=dict(left_out))


def read_sources(file: Path) -> tuple[LabelledSource, ...]:
    """Return all lines of a manifest for what needs no labels; raises as `read_augmented` does."""
    return tuple(_line(record, number=number, value=None, about={}) for number, record in _records(file))


def of_data(file: Path, *, data: Data | None) -> AugmentedManifest:
    """Return the manifest as `[data]` says which labels are meant; raises as `read_augmented` does."""
    if data is None:
        return read_augmented(file)
    return read_augmented(file, attribute=data.label_attribute, label=data.label, min_confidence=data.min_confidence)


def augmented_rows(file: Path, *, columns: Sequence[Column], data: Data | None) -> Iterator[Row]:
    """Yield the rows of a manifest of texts, held to the columns; without `[data]` the label first, as CSV has it.

    Raises:
        Failure: the manifest cannot be read, or names objects.
    """
    names = {column.name for column in columns}
    needs_label = data is None or data.label in names
    lines = of_data(file, data=data).lines if needs_label else read_sources(file)
    for line in lines:
        where = f"{file}, line {line.line},"
        if line.text is None:
            raise Failure(
                f"{where} must have a {SOURCE} of text to be a row, got the object {line.reference}; "
                "only a channel of images, without [data], takes objects"
            )
        if data is None:
            yield Row(cells=(line.label(kind=None), *csv_cells(line.text, where=where)), faults={})
            continue
        values = dict(cells_of(line.text, columns=data.features, form=data.format, where=where))
        features = [column for column in columns if column.name != data.label]
        faults = faults_of(
            [values[column.name] for column in features], columns=features, where=where, typed=data.format == "jsonl"
        )
        if needs_label:
            labels = [column for column in columns if column.name == data.label]
            values |= {column.name: line.label(kind=column.kind) for column in labels}
            faults |= faults_of([values[column.name] for column in labels], columns=labels, where=where)
        yield Row(cells=tuple(text_of(values[column.name]) for column in columns), faults=faults)


def _records(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, record in json_records(file):
        where = f"{file}, line {number},"
        if not isinstance(record, dict):
            raise Failure(f"{where} must be an object of JSON, got {_shown(record)}; write one a line")
        given = [name for name in (SOURCE, REFERENCE) if name in record]
        if len(given) != 1 or not isinstance(record[given[0]], str):
            raise Failure(
                f"{where} must have either {SOURCE}, a text, or {REFERENCE}, a URI, got {_shown(record)}; add one"
            )
        yield number, record


def _attribute(
    file: Path, *, records: Sequence[tuple[int, Mapping[str, Any]]], named: str | None, label: str | None
) -> str:
    found = list(dict.fromkeys(name for _, record in records for name in _label_names(record)))
    if named is not None:
        if named not in found:
            raise Failure(
                f"{file} must have labels of the name {named}, got {', '.join(found) or 'none'}; name one of them"
            )
        return named
    for name in () if label is None else (label, attribute_name(label)):
        if name in found:
            return name
    if len(found) == 1:
        return found[0]
    if not found:
        raise Failure(f"{file} must have a label beside each source, got none in any line; label it: yard label MODEL")
    raise Failure(
        f"{file} must have one kind of label for it to be known which is meant, got {', '.join(found)}; "
        f'name one: label_attribute = "{found[0]}" under [data], or --label'
    )


def _label_names(record: Mapping[str, Any]) -> list[str]:
    """The attributes that have metadata, else all that are neither the source nor metadata."""
    others = [name for name in record if name not in (SOURCE, REFERENCE) and not name.endswith(METADATA)]
    described = [name for name in others if f"{name}{METADATA}" in record]
    return described or others


def _line(
    record: Mapping[str, Any], *, number: int, value: str | int | float | None, about: Mapping[str, Any]
) -> LabelledSource:
    name = about.get(CLASS_NAME)
    return LabelledSource(
        line=number,
        text=record.get(SOURCE),
        reference=record.get(REFERENCE),
        value=value,
        class_name=None if name is None else str(name),
    )


def _metadata(record: Mapping[str, Any], *, name: str, where: str) -> Mapping[str, Any]:
    about = record.get(f"{name}{METADATA}", {})
    if not isinstance(about, dict):
        raise Failure(f"{where} must have an object as {name}{METADATA}, got {_shown(about)}; correct it")
    return about


def _confidence(about: Mapping[str, Any], *, where: str) -> float:
    value = about.get(CONFIDENCE, 1.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Failure(f"{where} must have a confidence between 0 and 1, got {_shown(value)}; correct it")
    return float(value)


def _checked(value: Any, *, where: str, name: str) -> str | int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Failure(
            f"{where} must have one class or number as {name}, got {_shown(value)}; boxes, masks and several classes "
            "of one source are not converted: let a processing job of your own do it"
        )
    return value


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
