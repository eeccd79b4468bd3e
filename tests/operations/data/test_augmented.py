"""Augmented manifests: which lines are used, which label is meant, and the rows that are made of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelyard.manifest.data import Column, Data, DataFormat
from modelyard.manifest.problems import Invalid
from modelyard.operations.data.augmented import (
    attribute_name,
    augmented_rows,
    is_augmented,
    of_data,
    read_augmented,
    read_sources,
)
from modelyard.operations.data.records import described_records
from modelyard.operations.data.rows import body_of
from modelyard.operations.data.source_text import cells_of, source_of
from modelyard.operations.failures import Failure

ABOUT = {"type": "groundtruth/text-classification", "job-name": "labeling-job/flats", "human-annotated": "yes"}
COLUMNS = (
    Column(name="size", kind="number"),
    Column(name="sold", kind="text"),
    Column(name="rooms", kind="integer", missing=True),
)
DATA = Data(columns=COLUMNS, label="sold")


def line(source: str, value: Any = None, *, name: str = "sold", **about: Any) -> dict[str, Any]:
    """A line as a labelling job writes it; a label of None is one that nobody gave."""
    labelled = {} if value is None else {name: value, f"{name}-metadata": ABOUT | about}
    return {"source": source, **labelled}


def written(folder: Path, *lines: Any, name: str = "output.manifest") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in lines))
    return file


def test_a_manifest_is_known_by_its_name() -> None:
    assert is_augmented(Path("a/output.manifest"))
    assert is_augmented(Path("a/OUTPUT.MANIFEST"))
    assert not is_augmented(Path("a/manifest.csv"))


def test_lines_that_nobody_labelled_are_counted_and_left_out(tmp_path: Path) -> None:
    failed = line("3,4", 0, **{"failure-reason": "ClientError: the worker gave up"})
    found = read_augmented(written(tmp_path, line("1,2", 1), line("2,3"), failed))
    assert [one.line for one in found.lines] == [1]
    assert found.sentence == f"{tmp_path}/output.manifest: 1 line by the labels sold; left out: 2 without a label"


def test_labels_of_too_low_a_confidence_are_counted_and_left_out(tmp_path: Path) -> None:
    lines = [line("1,2", 1, confidence=0.59), line("2,3", 1, confidence=0.6), line("3,4", 1)]
    found = read_augmented(written(tmp_path, *lines), min_confidence=0.6)
    assert [one.line for one in found.lines] == [2, 3]
    assert found.left_out == {"labelled with too low a confidence": 1}


def test_a_manifest_without_a_label_that_is_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"must hold a labelled line, got none \(1 labelled with too low a confidence\)"):
        read_augmented(written(tmp_path, line("1", 1, confidence=0.1)), min_confidence=0.5)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ('{"source": "1,2", ', r"line 2, must be a record of JSON"),
        ("[1]", r"line 2, must be an object of JSON, got \[1\]"),
        ('{"sold": 1}', r"line 2, must have either source, a text, or source-ref, a URI"),
        ('{"source": "1", "source-ref": "s3://a/b"}', r"line 2, must have either source"),
        ('{"source": 4}', r"line 2, must have either source"),
        ('{"source": "1", "sold": {"annotations": []}}', r"line 2, must have one class or number as sold"),
        ('{"source": "1", "sold": true}', r"line 2, must have one class or number as sold, got true"),
        ('{"source": "1", "sold": 1, "sold-metadata": 3}', r"line 2, must have an object as sold-metadata, got 3"),
        (
            '{"source": "1", "sold": 1, "sold-metadata": {"confidence": "high"}}',
            r'line 2, must have a confidence between 0 and 1, got "high"',
        ),
        (
            '{"source": "1", "sold": 1, "sold-metadata": {"confidence": 70}}',
            r"line 2, must have a confidence between 0 and 1, got 70",
        ),
    ],
)
def test_a_broken_line_is_refused_with_its_number(tmp_path: Path, broken: str, why: str) -> None:
    with pytest.raises(Failure, match=why):
        read_augmented(written(tmp_path, line("1,2", 1), broken), attribute="sold", min_confidence=0.5)


def test_several_kinds_of_labels_need_a_name(tmp_path: Path) -> None:
    both = {**line("1,2", 1), **line("1,2", 0, name="second")}
    file = written(tmp_path, both)
    with pytest.raises(Failure, match=r"which is meant, got sold, second; name one: label_attribute = \"sold\""):
        read_augmented(file)
    assert read_augmented(file, attribute="second").lines[0].value == 0
    assert read_augmented(file, label="sold").attribute == "sold"
    with pytest.raises(Failure, match=r"must have labels of the name third, got sold, second"):
        read_augmented(file, attribute="third")


def test_the_attribute_of_a_manifest_s_data_is_found_by_the_label_s_name_in_either_form(tmp_path: Path) -> None:
    lines = [{**line("1,2", 1, name="is-sold"), **line("1,2", 0, name="other")}]
    data = Data(columns=(*COLUMNS, Column(name="is_sold", kind="integer")), label="is_sold")
    assert of_data(written(tmp_path, *lines), data=data).attribute == "is-sold"


def test_labels_without_metadata_are_found_too(tmp_path: Path) -> None:
    assert read_augmented(written(tmp_path, {"source": "1,2", "sold": "no"})).attribute == "sold"
    with pytest.raises(Failure, match=r"must have a label beside each source, got none in any line"):
        read_augmented(written(tmp_path, {"source": "1,2"}))


@pytest.mark.parametrize(
    ("value", "about", "kind", "label"),
    [
        (0, {"class-name": "yes"}, "text", "yes"),
        (0, {"class-name": "7"}, "integer", "7"),
        (1, {"class-name": "yes"}, "integer", "1"),
        (1.5, {}, "number", "1.5"),
        ("no", {}, "text", "no"),
    ],
)
def test_a_label_is_the_class_s_name_where_its_column_can_hold_it(
    tmp_path: Path, value: Any, about: dict[str, Any], kind: Any, label: str
) -> None:
    (found,) = read_augmented(written(tmp_path, line("1", value, **about))).lines
    assert found.label(kind=kind) == label


def test_rows_have_the_columns_in_their_order_and_the_label_among_them(tmp_path: Path) -> None:
    file = written(tmp_path, line("1.5,3", 0, **{"class-name": "yes"}), line("2.5,", 1, **{"class-name": "no"}))
    found = [row.cells for row in augmented_rows(file, columns=DATA.columns, data=DATA)]
    assert found == [("1.5", "yes", "3"), ("2.5", "no", None)]


def test_rows_without_a_label_are_those_of_all_lines(tmp_path: Path) -> None:
    file = written(tmp_path, line("1.5,3", 0), line("2.5,"))
    assert [row.cells for row in augmented_rows(file, columns=DATA.features, data=DATA)] == [
        ("1.5", "3"),
        ("2.5", None),
    ]
    assert [one.value for one in read_sources(file)] == [None, None]


def test_rows_without_a_description_have_the_label_first(tmp_path: Path) -> None:
    file = written(tmp_path, line('1.5,"a, b"', 1, **{"class-name": "yes"}))
    assert [row.cells for row in augmented_rows(file, columns=(), data=None)] == [("1", "1.5", "a, b")]


def test_sources_of_json_are_held_to_their_types(tmp_path: Path) -> None:
    data = Data(columns=COLUMNS, label="sold", format="jsonl")
    file = written(tmp_path, line('{"size": 1, "rooms": null}', "yes"), line('{"size": "1"}', "no"))
    first, second = augmented_rows(file, columns=data.columns, data=data)
    assert (first.cells, first.faults) == (("1", "yes", None), {})
    assert second.faults["size"] == (
        f'{file}, line 2, column size, must be a number, got "1"; correct the cell, or the kind of the column '
        "under [data]"
    )


@pytest.mark.parametrize(
    ("source", "form", "why"),
    [
        ("1", "csv", r"line 1, must have a source of 2 cells \(size,rooms\), got 1"),
        ("1,2\n3,4", "csv", r"line 1, must have (one line|a line) of CSV as its source"),
        ('"1,2', "csv", r"line 1, must have a line of CSV as its source"),
        ("1,2", "jsonl", r"line 1, must have an object of JSON as its source"),
        ('{"colour": 1}', "jsonl", r"line 1, must have no key colour in its source, which \[data\] does not declare"),
    ],
)
def test_a_source_with_other_columns_is_refused_with_its_line(
    tmp_path: Path, source: str, form: DataFormat, why: str
) -> None:
    data = Data(columns=COLUMNS, label="sold", format=form)
    with pytest.raises(Failure, match=why):
        list(augmented_rows(written(tmp_path, line(source, "yes")), columns=data.columns, data=data))


def test_objects_are_no_rows(tmp_path: Path) -> None:
    file = written(tmp_path, {"source-ref": "s3://photos/1.png", "sold": 1})
    with pytest.raises(Failure, match=r"line 1, must have a source of text to be a row, got the object s3://photos/1"):
        list(augmented_rows(file, columns=DATA.columns, data=DATA))


def test_records_are_sent_and_held_against_their_labels_from_a_manifest(tmp_path: Path) -> None:
    records = described_records(written(tmp_path, line("1.5,3", "yes")), data=DATA)
    assert [(one.label, one.body) for one in records] == [("yes", b"1.5,3")]


@given(
    cells=st.tuples(st.none() | st.text(min_size=1), st.none() | st.text(min_size=1)),
    form=st.sampled_from(["csv", "jsonl"]),
)
def test_the_source_of_a_record_has_its_cells(cells: tuple[str | None, str | None], form: DataFormat) -> None:
    columns = [Column(name="a", kind="text", missing=True), Column(name="b", kind="text", missing=True)]
    if any(cell is not None and ("\n" in cell or "\r" in cell) for cell in cells):
        return
    source = source_of(body_of(cells, columns=columns, form=form), columns=columns, form=form)
    assert tuple(cells_of(source, columns=columns, form=form, where="here").values()) == cells


@given(text=st.text(min_size=1).filter(lambda text: not set(text) & set("\r\n")))
def test_a_text_that_is_the_only_column_is_its_own_source(text: str) -> None:
    columns = [Column(name="review", kind="text")]
    assert source_of(body_of([text], columns=columns, form="csv"), columns=columns, form="csv") == text
    assert cells_of(text, columns=columns, form="csv", where="here") == {"review": text}


@given(label=st.text(min_size=1))
def test_an_attribute_has_a_name_that_labelling_jobs_take(label: str) -> None:
    name = attribute_name(label)
    assert 1 <= len(name) <= 127
    assert all(part.isalnum() and part.isascii() for part in name.replace("-", "a"))
    assert name[0] != "-"
    assert name[-1] != "-"


def test_labels_of_manifests_are_named_only_where_there_is_a_label() -> None:
    with pytest.raises(Invalid, match=r"label_attribute must be left out without label, got \"sold\""):
        Data(columns=COLUMNS, label_attribute="sold")
    with pytest.raises(Invalid, match=r"min_confidence must be left out without label, got 0\.5"):
        Data(columns=COLUMNS, min_confidence=0.5)
    with pytest.raises(Invalid, match=r"label_attribute must be a name of 1 to 256 characters"):
        Data(columns=COLUMNS, label="sold", label_attribute="image-ref")
