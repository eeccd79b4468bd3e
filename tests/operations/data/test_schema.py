from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.channel import Channel
from modelyard.manifest.data import Column, Data
from modelyard.manifest.reading import read_model
from modelyard.operations.data.examples import example_of
from modelyard.operations.data.schema import declared, problems
from modelyard.operations.failures import Failure
from support.synth import ROOT


@pytest.fixture
def churn() -> Model:
    return read_model(ROOT / "models" / "churn.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three columns: a label and two features."""
    files = {
        "train/train.csv": "1,2,3\n0,2,3\n",
        "validation/validation.csv": "1,2,3\n",
        "baseline/baseline.csv": "label,a,b\n1,2,3\n",
        "batch/batch.csv": "2,3\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text)
    return tmp_path


def found(model: Model, folder: Path) -> list[str]:
    return problems(declared(model=model, folder=folder))


@pytest.mark.parametrize("name", ["churn", "churn_forest", "mnist_torch", "mnist_tf"])
def test_the_data_of_an_example_are_what_its_manifest_says(tmp_path: Path, name: str) -> None:
    model = read_model(ROOT / "models" / f"{name}.toml")
    example_of(model=model).write(folder=tmp_path)
    assert found(model, tmp_path) == []


def test_data_in_order_have_no_problem(churn: Model, folder: Path) -> None:
    assert found(churn, folder) == []


def test_a_dataset_without_files_is_missed_by_its_key_in_the_manifest(churn: Model, folder: Path) -> None:
    (folder / "validation/validation.csv").unlink()
    assert found(churn, folder) == [
        "training.channels.validation needs files at validation/, there are none; put them there"
    ]


def test_a_file_without_a_row_is_refused(churn: Model, folder: Path) -> None:
    (folder / "train/train.csv").write_text("")
    assert found(churn, folder) == [
        f"{folder}/train/train.csv must hold rows for training.channels.train, it is empty; fill it, or take it away"
    ]


def test_a_file_with_a_cell_that_no_reader_takes_is_refused(churn: Model, folder: Path) -> None:
    (folder / "train/train.csv").write_text("1," + "2" * 200_000)
    with pytest.raises(Failure, match=r"train\.csv must be CSV in UTF-8, got field larger than field limit"):
        found(churn, folder)


def test_a_file_to_score_may_be_missing(churn: Model, folder: Path) -> None:
    (folder / "batch/batch.csv").unlink()
    assert found(churn, folder) == []


def test_a_header_in_training_data_is_refused(churn: Model, folder: Path) -> None:
    (folder / "train/train.csv").write_text("label,a,b\n1,2,3\n")
    assert found(churn, folder) == [
        f"{folder}/train/train.csv must have no header, for training.channels.train is read from its first line; "
        "remove 'label'…"
    ]


def test_a_baseline_without_a_header_is_refused(churn: Model, folder: Path) -> None:
    (folder / "baseline/baseline.csv").write_text("1,2,3\n")
    assert found(churn, folder) == [
        f"{folder}/baseline/baseline.csv must begin with a header, for training.baseline_dataset names the columns; "
        "add the line"
    ]


def test_the_first_row_of_another_width_is_named(churn: Model, folder: Path) -> None:
    (folder / "train/train.csv").write_text("1,2,3\n1,2\n1\n")
    assert found(churn, folder) == [
        f"{folder}/train/train.csv, line 2, must have 3 columns as training.channels.train has them, got 2; "
        "correct the file"
    ]


def test_what_is_scored_has_no_label(churn: Model, folder: Path) -> None:
    (folder / "batch/batch.csv").write_text("1,2,3\n")
    assert "batch/batch.csv, line 1, must have 2 columns" in found(churn, folder)[0]


def test_an_empty_cell_does_not_make_a_header(churn: Model, folder: Path) -> None:
    (folder / "train/train.csv").write_text("1,,3\n")
    assert found(churn, folder) == []


def test_a_file_goes_below_the_dataset_of_the_manifest(churn: Model, folder: Path) -> None:
    (train, *_) = declared(model=churn, folder=folder)
    assert train.key_of(file=train.files[0], model=churn) == "churn/datasets/train/train.csv"


def test_a_dataset_that_is_one_file_keeps_its_name(churn: Model, folder: Path) -> None:
    assert churn.training is not None
    single = replace(churn, training=replace(churn.training, baseline_dataset="datasets/baseline/baseline.csv"))
    dataset = next(one for one in declared(model=single, folder=folder) if one.header)
    assert dataset.key_of(file=dataset.files[0], model=single) == "churn/datasets/baseline/baseline.csv"


DATA = Data(
    label="price",
    columns=(
        Column(name="town", kind="text"),
        Column(name="price", kind="number"),
        Column(name="rooms", kind="integer", missing=True),
    ),
)


@pytest.fixture
def described(churn: Model) -> Model:
    """The label stands between the others, and the channel validation has a header."""
    assert churn.training is not None
    channels = churn.training.channels | {"validation": Channel(path="datasets/validation", header=True)}
    return replace(churn, data=DATA, api=None, training=replace(churn.training, channels=channels))


@pytest.fixture
def towns(folder: Path) -> Path:
    (folder / "train/train.csv").write_text("Graz,1.5,3\nLinz,2,\n")
    (folder / "validation/validation.csv").write_text("town,price,rooms\nGraz,1.5,3\n")
    (folder / "baseline/baseline.csv").write_text("price,town,rooms\n1.5,Graz,3\n")
    (folder / "batch/batch.csv").write_text("Graz,3\n")
    return folder


def test_declared_data_are_in_order_wherever_the_label_stands(described: Model, towns: Path) -> None:
    assert found(described, towns) == []


def test_the_baseline_has_the_label_first_as_the_captures_have_the_answer(described: Model, towns: Path) -> None:
    (towns / "baseline/baseline.csv").write_text("town,price,rooms\nGraz,1.5,3\n")
    assert (
        "line 1, must be the header price,town,rooms, got town as column 1 in the place of price"
        in found(described, towns)[0]
    )


def test_of_each_column_of_a_file_the_first_fault_is_told(described: Model, towns: Path) -> None:
    (towns / "train/train.csv").write_text("Graz,x,3.5\nGraz,y,4.5\n")
    assert [fault.partition(", must")[0] for fault in found(described, towns)] == [
        f"{towns}/train/train.csv, line 1, column price",
        f"{towns}/train/train.csv, line 1, column rooms",
    ]


def test_a_file_of_another_format_is_named(described: Model, towns: Path) -> None:
    (towns / "train/more.parquet").write_bytes(b"")
    (fault,) = found(described, towns)
    assert fault.startswith(f"{towns}/train/more.parquet must be csv as [data] says, for training.channels.train; conv")


def test_a_filter_s_records_are_not_held_to_the_columns(described: Model, towns: Path) -> None:
    assert described.batch is not None
    filtered = replace(described, batch=replace(described.batch, input_filter="$[1:]"))
    (towns / "batch/batch.csv").write_text("4711,Graz,3\n")
    assert found(filtered, towns) == []
    assert "batch/batch.csv, line 1, must have 2 cells (town,rooms), got 3" in found(described, towns)[0]


def test_a_sample_of_its_own_is_a_dataset_with_its_columns(described: Model, towns: Path) -> None:
    sampled = replace(described, data=replace(DATA, sample="datasets/sample"))
    assert found(sampled, towns) == ["data.sample needs files at sample/, there are none; put them there"]
    (towns / "sample").mkdir()
    (towns / "sample/a.csv").write_text("Graz,x,3\n")
    assert "sample/a.csv, line 1, column price, must be a number" in found(sampled, towns)[0]


@pytest.mark.parametrize("rows", ["red,NA\nblue,5\n", "red,\nblue,5\n", "a,red\nb,blue\n", "red,1\nblue,2\n"])
def test_without_data_a_table_with_texts_is_not_taken_for_one_with_a_header(
    churn: Model, tmp_path: Path, rows: str
) -> None:
    assert churn.training is not None
    plain = replace(churn, batch=None, training=replace(churn.training, baseline_dataset=None), monitoring=None)
    for name in ("train", "validation"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text(rows)
    assert found(plain, tmp_path) == []
