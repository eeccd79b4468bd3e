"""Where a model's data come from when nobody names a file."""

from dataclasses import replace
from pathlib import Path

import pytest

from modelyard.manifest import Model
from modelyard.manifest.reading import read_model
from modelyard.operations.data.examples import datasets_of, example_of, traffic_of
from modelyard.operations.failures import Failure
from support.synth import ROOT


@pytest.fixture
def churn() -> Model:
    return read_model(ROOT / "models" / "churn.toml")


def test_an_example_s_datasets_are_made_and_gone_again(churn: Model, tmp_path: Path) -> None:
    with datasets_of(churn, root=tmp_path) as folder:
        assert (folder / "train" / "train.csv").is_file()
    assert not folder.exists()


def test_the_project_s_own_datasets_come_before_an_example_s_and_stay(churn: Model, tmp_path: Path) -> None:
    own = tmp_path / "data" / "churn" / "baseline" / "baseline.csv"
    own.parent.mkdir(parents=True)
    own.write_text("label,a\n1,2\n")
    with datasets_of(churn, root=tmp_path) as folder:
        assert folder == tmp_path / "data" / "churn"
    assert own.is_file()
    assert traffic_of(model=churn, root=tmp_path).traffic() == (("1", "2"),)
    assert traffic_of(model=churn, drifted=True, root=tmp_path).traffic() == (("1", "3"),)


@pytest.mark.parametrize("name", ["churn", "mnist_torch"])
def test_an_example_s_traffic_is_its_file_with_labels(name: str, tmp_path: Path) -> None:
    example = example_of(model=read_model(ROOT / "models" / f"{name}.toml"))
    example.write(folder=tmp_path)
    records = (tmp_path / "traffic" / "traffic.csv").read_text(encoding="utf-8").splitlines()
    assert [record for _, record in example.traffic()] == records
    assert all(label.isdecimal() for label, _ in example.traffic())


def test_an_example_s_traffic_drifts(churn: Model, tmp_path: Path) -> None:
    usual, drifted = (traffic_of(model=churn, drifted=moved, root=tmp_path).traffic() for moved in (False, True))
    assert usual != drifted


def test_the_data_of_a_model_of_one_s_own_are_not_made(churn: Model, tmp_path: Path) -> None:
    assert churn.training is not None
    own = replace(churn, training=replace(churn.training, script="mine/train.py"))
    with pytest.raises(Failure) as refused:
        traffic_of(model=own, root=tmp_path)
    assert str(refused.value) == (
        "data/churn/ must hold the datasets of churn (train, validation, …), there is no such folder; put them there, "
        "each at its path after datasets/, or give a folder or a file of your own"
    )
