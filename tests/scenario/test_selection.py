"""Which models of a project are played, and why others are not."""

import shutil
from pathlib import Path

import pytest

from modelyard.manifest import Refused
from modelyard.rehearsal.containers import libraries
from modelyard.scenario.selection import candidates, selection_line
from support.synth import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The repository's models, of which one can be changed."""
    shutil.copytree(ROOT / "models", tmp_path / "models")
    shutil.copy(ROOT / "stages.toml", tmp_path)
    (tmp_path / "training_scripts").symlink_to(ROOT / "training_scripts")
    return tmp_path


def test_the_model_with_the_most_chapters_comes_first(project: Path) -> None:
    found = candidates(project)
    assert [candidate.name for candidate in found] == ["churn", "churn_forest", "mnist_tf", "mnist_torch"]
    assert [candidate.steps for candidate in found] == [22, 16, 15, 15]


def test_a_framework_that_is_not_installed_is_an_obstacle(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(libraries.LIBRARIES, "pytorch", {"no_such_torch": "torch"})
    (found,) = [candidate for candidate in candidates(project) if candidate.name == "mnist_torch"]
    assert found.obstacle == "mnist_torch needs torch, which is not installed here; install it: pip install torch"


def test_missing_data_are_an_obstacle(project: Path) -> None:
    text = (project / "models" / "churn_forest.toml").read_text().replace("churn_forest", "mine")
    (project / "models" / "mine.toml").write_text(text)
    scripts = project / "training_scripts"
    scripts.unlink()
    shutil.copytree(ROOT / "training_scripts", scripts)
    shutil.copytree(scripts / "churn_forest", scripts / "mine")
    (found,) = [candidate for candidate in candidates(project) if candidate.name == "mine"]
    assert str(found.obstacle).startswith("data/mine/ must hold the datasets of mine")


def test_a_manifest_that_cannot_be_taken_ends_the_selection(project: Path) -> None:
    (project / "models" / "mnist_tf.toml").write_text("name = mnist\n")
    with pytest.raises(Refused, match=r"mnist_tf.toml"):
        candidates(project)


def test_the_line_says_how_the_others_are_played(project: Path) -> None:
    chosen, *others = candidates(project)
    assert selection_line(chosen=chosen, others=others) == (
        "churn is played, which has the most chapters of the models that can be; not played: churn_forest, mnist_tf, "
        "mnist_torch (MODEL=churn_forest plays that one, ARGS=--all all of them)"
    )
