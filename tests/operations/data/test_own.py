"""The data of a project's own model."""

from pathlib import Path

import pytest

from modelyard.manifest.reading import read_model
from modelyard.operations.data import examples
from modelyard.operations.data.own import OwnData, own_data
from modelyard.operations.failures import Failure
from modelyard.operations.traffic.bodies import bodies_of, labelled_of
from support.synth import ROOT

MODEL = read_model(ROOT / "models" / "churn.toml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "data" / "churn"
    for name, text in (("train", "a,1,x\n"), ("validation", 'a,2,"x, y"\nb,,z\n')):
        (found / name).mkdir(parents=True)
        (found / name / f"{name}.csv").write_text(text, encoding="utf-8")
    return found


@pytest.fixture
def of_the_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "own_data", lambda _: folder)


def test_a_project_s_folder_is_found_by_the_model_s_name(folder: Path, tmp_path: Path) -> None:
    assert own_data(MODEL, root=tmp_path) == folder
    assert own_data(MODEL, root=folder) is None


def test_the_datasets_are_copied_with_the_validation_rows_as_traffic(folder: Path, tmp_path: Path) -> None:
    files = OwnData(folder=folder).write(folder=tmp_path / "made")
    names = [file.relative_to(tmp_path / "made").as_posix() for file in files]
    assert names == ["traffic/traffic.csv", "train/train.csv", "validation/validation.csv"]
    assert (tmp_path / "made" / "traffic" / "traffic.csv").read_text(encoding="utf-8") == '2,"x, y"\n,z\n'


@pytest.mark.usefixtures("of_the_project")
def test_requests_are_the_validation_rows_without_their_labels() -> None:
    assert bodies_of(model=MODEL, file=None, drifted=False) == [b'2,"x, y"', b",z"]


@pytest.mark.usefixtures("of_the_project")
def test_what_proves_true_of_a_request_is_its_row_s_label() -> None:
    assert [one.label for one in labelled_of(model=MODEL, file=None, drifted=False)] == ["a", "b"]


@pytest.mark.usefixtures("of_the_project")
def test_drifted_data_of_a_project_are_refused() -> None:
    with pytest.raises(Failure, match="give a file: --data FILE"):
        bodies_of(model=MODEL, file=None, drifted=True)


def test_a_folder_without_validation_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="must hold rows with the label first"):
        OwnData(folder=tmp_path)
