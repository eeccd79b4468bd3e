"""What the tests of the manifest share: files to read, and what is said of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.manifest import Model, Refused, Stage, catalogue, read_models, read_stage

Read = Callable[..., tuple[Model, ...]]
Say = Callable[..., list[str]]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """The folder of the models, empty but for what a test writes."""
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The folder of the scripts, with one in it, and one outside."""
    folder = tmp_path / "training_scripts"
    (folder / "churn").mkdir(parents=True)
    (folder / "churn" / "train.py").touch()
    (folder / "churn" / "notes.txt").touch()
    (folder / "train.py").touch()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "train.py").touch()
    return folder


@pytest.fixture
def read(models: Path, scripts: Path) -> Read:
    """The models of files that are given by name and text."""

    def written(*, only: str | None = None, region: str | None = None, **files: str) -> tuple[Model, ...]:
        for name, text in files.items():
            (models / f"{name}.toml").write_text(text, encoding="utf-8")
        return read_models(models, stage=Stage(name="dev", region=region), scripts=scripts, only=only)

    return written


@pytest.fixture
def refusal(read: Read, models: Path) -> Say:
    """What is said of files that are refused, one sentence for each problem, files by their names alone."""

    def said(*, only: str | None = None, region: str | None = None, **files: str) -> list[str]:
        with pytest.raises(Refused) as refused:
            read(only=only, region=region, **files)
        return [problem.sentence.replace(f"{models}/", "") for problem in refused.value.problems]

    return said


@pytest.fixture
def stage_refusal(tmp_path: Path) -> Callable[[str, str], list[str]]:
    """What is said of stages that are refused."""

    def said(name: str, text: str) -> list[str]:
        file = tmp_path / "stages.toml"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(Refused) as refused:
            read_stage(file, name=name)
        return [problem.sentence.replace(f"{tmp_path}/", "") for problem in refused.value.problems]

    return said


@pytest.fixture(scope="session")
def container_that_only_trains() -> str:
    """A container of AWS's that has an image to train with and none to serve with."""
    names = (
        f"{family}:{version}"
        for family in catalogue.families(scope="training")
        for version in catalogue.versions(family=family, scope="training")
    )
    return next(name for name in names if catalogue.resolved_version(container=name, scope="inference") is None)
