"""Augmented manifests among the datasets of a model: what is written of them, and what is refused."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pytest
from PIL import Image

from modelyard.manifest import Model
from modelyard.manifest.data import Column, Data
from modelyard.manifest.reading import read_model
from modelyard.operations.data.augmented_table import read_augmented_table
from modelyard.operations.data.converting import Conversion, converted
from modelyard.operations.data.describing import described
from modelyard.operations.data.own import OwnData
from modelyard.operations.data.schema import declared, problems
from modelyard.operations.failures import Failure
from modelyard.operations.project_template.table import read_header, read_table
from support.synth import ROOT

LINES = [
    {"source": "2,3", "sold": 0, "sold-metadata": {"class-name": "1"}},
    {"source": "4,5", "sold": 1, "sold-metadata": {"class-name": "0"}},
    {"source": "6,7"},
]
COLUMNS = (Column(name="sold", kind="integer"), Column(name="a", kind="integer"), Column(name="b", kind="number"))


def nothing(_reference: str) -> bytes | None:
    return None


def write(file: Path, lines: list[Any]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return file


@pytest.fixture
def churn() -> Model:
    return read_model(ROOT / "models" / "churn.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for name, text in {
        "validation/validation.csv": "1,2,3\n",
        "baseline/baseline.csv": "label,a,b\n1,2,3\n",
        "batch/batch.csv": "2,3\n",
    }.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    write(folder / "train/output.manifest", LINES)
    return folder


def convert(model: Model, folder: Path, path: str, *, read: Callable[[str], bytes | None] = nothing) -> Conversion:
    dataset = next(one for one in declared(model=model, folder=folder) if one.path == path)
    (file,) = dataset.manifests
    into = folder.parent / "made"
    into.mkdir(exist_ok=True)
    return converted(file, dataset=dataset, data=model.data, into=into, read=read)


def test_a_manifest_becomes_csv_with_the_label_first(churn: Model, folder: Path) -> None:
    assert problems(declared(model=churn, folder=folder)) == []
    conversion = convert(churn, folder, "datasets/train")
    ((name, file),) = conversion.files
    assert (name, file.read_text()) == ("output.csv", "1,2,3\n0,4,5\n")
    assert conversion.notes == (
        f"{folder}/train/output.manifest: 2 lines by the labels sold; left out: 1 without a label",
    )


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_described_manifest_becomes_the_format_of_the_data(churn: Model, folder: Path, form: Any) -> None:
    sources = {"csv": ["2,3.5", "4,"], "jsonl": ['{"a": 2, "b": 3.5}', '{"a": 4}']}[form]
    write(folder / "train/output.manifest", [{"source": one, "sold": 1} for one in sources])
    columns = (*COLUMNS[:2], Column(name="b", kind="number", missing=True))
    model = replace(churn, api=None, data=Data(columns=columns, label="sold", format=form))
    ((name, file),) = convert(model, folder, "datasets/train").files
    expected = {"csv": "1,2,3.5\n1,4,\n", "jsonl": '{"sold": 1, "a": 2, "b": 3.5}\n{"sold": 1, "a": 4, "b": null}\n'}
    assert (name, file.read_text()) == (f"output.{form}", expected[form])


def test_a_described_manifest_becomes_parquet_of_the_columns_kinds(churn: Model, folder: Path) -> None:
    model = replace(churn, api=None, data=Data(columns=COLUMNS, label="sold", format="parquet"))
    ((name, file),) = convert(model, folder, "datasets/train").files
    frame = polars.read_parquet(file)
    assert (name, frame.rows()) == ("output.parquet", [(1, 2, 3.0), (0, 4, 5.0)])
    assert list(frame.schema.values()) == [polars.Int64, polars.Int64, polars.Float64]


def test_a_baseline_has_its_header(churn: Model, folder: Path) -> None:
    write(folder / "baseline/more.manifest", LINES)
    ((_, file),) = convert(churn, folder, "datasets/baseline").files
    assert file.read_text() == "label,a,b\n1,2,3\n0,4,5\n"
    (folder / "baseline/baseline.csv").unlink()
    with pytest.raises(Failure, match=r"baseline/ must hold a file with a header beside an augmented manifest"):
        convert(churn, folder, "datasets/baseline")


def test_a_cell_of_another_kind_is_a_problem_with_its_line(churn: Model, folder: Path) -> None:
    write(folder / "train/output.manifest", [*LINES, {"source": "x,1", "sold": 1}])
    model = replace(churn, api=None, data=Data(columns=COLUMNS, label="sold"))
    found = [one for one in problems(declared(model=model, folder=folder)) if "manifest" in one]
    assert found == [
        f'{folder}/train/output.manifest, line 4, column a, must be a whole number, got "x"; correct the cell, or '
        "the kind of the column under [data]"
    ]
    with pytest.raises(Failure, match=r"line 4, column a, must be a whole number"):
        convert(model, folder, "datasets/train")


def test_what_a_manifest_is_converted_to_must_not_be_there(churn: Model, folder: Path) -> None:
    (folder / "train/output.csv").write_text("1,2,3\n")
    with pytest.raises(Failure, match=r"output\.manifest is converted to output\.csv, and there is such a file"):
        convert(churn, folder, "datasets/train")


def test_sources_of_another_length_are_refused(churn: Model, folder: Path) -> None:
    write(folder / "train/output.manifest", [*LINES, {"source": "1,2,3", "sold": 1}])
    (folder / "train/train.csv").write_text("1,2,3\n")
    with pytest.raises(Failure, match=r"must have sources of 2 cells as training.* has, got 3 in 1,2,3; correct it"):
        convert(churn, folder, "datasets/train")


def test_records_to_score_are_no_manifest_where_nothing_says_what_they_are(churn: Model, folder: Path) -> None:
    write(folder / "batch/more.manifest", LINES)
    with pytest.raises(Failure, match=r"batch\.input must hold records alone where \[data\] does not say"):
        convert(churn, folder, "datasets/batch")


def test_traffic_is_made_of_a_manifest(churn: Model, folder: Path) -> None:
    (folder / "baseline/baseline.csv").unlink()
    found = OwnData(model=churn, folder=folder).traffic()
    assert sorted(found) == [("0", "4,5"), ("1", "2,3")]


def png(value: int, *, side: int = 2) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.full((side, side), value, dtype=np.uint8)).save(content, format="PNG")
    return content.getvalue()


def numpy_file(value: int) -> bytes:
    content = io.BytesIO()
    np.save(content, np.full((2, 2), value, dtype=np.uint8))
    return content.getvalue()


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    folder = tmp_path / "digits"
    lines = [
        {"source-ref": f"s3://photos/{name}", "digit": index, "digit-metadata": {"class-name": str(digit)}}
        for index, (name, digit) in enumerate([("a.png", 7), ("b.npy", 3), ("gone.png", 1), ("text.png", 2)])
    ]
    write(folder / "train/output.manifest", lines)
    return folder


def test_images_become_arrays_and_what_cannot_be_read_is_said(digits: Path) -> None:
    model = read_model(ROOT / "models" / "mnist_tf.toml")
    objects = {"s3://photos/a.png": png(9), "s3://photos/b.npy": numpy_file(5), "s3://photos/text.png": b"no image"}
    conversion = convert(model, digits, "datasets/train", read=objects.get)
    files = dict(conversion.files)
    images, labels = np.load(files["images.npy"]), np.load(files["labels.npy"])
    assert (images.shape, images.dtype, images[:, 0, 0].tolist()) == ((2, 2, 2), np.uint8, [9, 5])
    assert (labels.dtype, labels.tolist()) == (np.uint8, [7, 3])
    assert conversion.notes[1] == (
        f"2 objects could not be read and left out; the first: {digits}/train/output.manifest, line 3, "
        "s3://photos/gone.png: there is no such object, or it may not be read"
    )


def test_images_of_different_sizes_are_refused(digits: Path) -> None:
    model = read_model(ROOT / "models" / "mnist_tf.toml")
    objects = {"s3://photos/a.png": png(9), "s3://photos/b.npy": png(5, side=3)}
    with pytest.raises(Failure, match=r"line 2, must name an image of 2 x 2 uint8 .*, got 3 x 3 uint8; scale"):
        convert(model, digits, "datasets/train", read=objects.get)


def test_a_manifest_none_of_whose_images_can_be_read_is_refused(digits: Path) -> None:
    model = read_model(ROOT / "models" / "mnist_tf.toml")
    with pytest.raises(Failure, match=r"must name images that can be read, got none: .*line 1, s3://photos/a\.png"):
        convert(model, digits, "datasets/train")


def test_a_manifest_is_described(tmp_path: Path) -> None:
    file = write(tmp_path / "output.manifest", LINES)
    found = described(file, label=None)
    assert found.data.label == "sold"
    assert [(one.name, one.kind) for one in found.data.columns] == [
        ("sold", "integer"),
        ("column_1", "integer"),
        ("column_2", "integer"),
    ]
    assert found.decisions[0].endswith("2 lines by the labels sold; left out: 1 without a label")


@pytest.mark.parametrize(
    ("sources", "names", "form"),
    [
        (['{"a": 1}', '{"b": "x"}'], ("sold", "a", "b"), "jsonl"),
        (["1,2", "3,4"], ("sold", "column_1", "column_2"), "csv"),
        (["good, but late", "bad"], ("sold", "text"), "csv"),
        (['{"a": 1}', "{"], ("sold", "text"), "csv"),
        (['an "odd', '"quote'], ("sold", "text"), "csv"),
    ],
)
def test_the_columns_of_a_manifest_are_those_of_its_sources(
    tmp_path: Path, sources: list[str], names: tuple[str, ...], form: str
) -> None:
    file = write(tmp_path / "output.manifest", [{"source": one, "sold": "yes"} for one in sources])
    table = read_augmented_table(file, label=None)
    assert (table.names, table.form) == (names, form)


def test_a_manifest_of_objects_is_no_table(tmp_path: Path) -> None:
    file = write(tmp_path / "output.manifest", [{"source-ref": "s3://a/b.png", "sold": 1}])
    with pytest.raises(Failure, match=r"line 1, must have a source of text to be a row of a table"):
        read_augmented_table(file, label=None)


def test_labels_must_not_be_named_as_a_column(tmp_path: Path) -> None:
    file = write(tmp_path / "output.manifest", [{"source": '{"sold": 1}', "sold": 1}])
    with pytest.raises(Failure, match=r"must name its labels otherwise than a column of its sources, got sold"):
        read_augmented_table(file, label=None)


def test_a_project_begins_with_a_manifest(tmp_path: Path) -> None:
    lines = [{"source": f"{number},{number % 7}", "sold": ("no", "yes")[number % 2]} for number in range(60)]
    file = write(tmp_path / "output.manifest", lines)
    assert read_header(file) == ["sold", "column_1", "column_2"]
    table = read_table(file, label="sold")
    assert (table.task, table.label.cells[:2], len(table.label.cells)) == ("classification", ("no", "yes"), 60)
