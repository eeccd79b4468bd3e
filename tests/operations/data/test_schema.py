from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.manifest import Model
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
