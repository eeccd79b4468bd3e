"""Wheels, an environment that has them and not the repository, and projects written by what is installed there."""

import csv
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sklearn.datasets import load_diabetes

from support.environments import Environment, build_wheels
from support.synth import ROOT


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the three wheels, built by the backend that is installed here."""
    folder = tmp_path_factory.mktemp("dist")
    build_wheels(ROOT, folder=folder)
    return folder


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Environment:
    """An environment that sees the wheels and the packages of others, and not the repository."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    site = folder / "lib" / Path(sysconfig.get_path("purelib")).parent.name / "site-packages"
    words = ["-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    quietly = ["--disable-pip-version-check", "--no-index", "--no-deps"]
    subprocess.run([sys.executable, *words, *quietly, *map(str, sorted(wheels.glob("*.whl")))], check=True)
    (site / "packages-of-others.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return Environment(folder=folder)


@pytest.fixture(scope="session")
def diabetes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """scikit-learn's table of 442 patients: ten numbers, and how far a disease has progressed."""
    found = load_diabetes(scaled=False)
    rows = [[*features, label] for features, label in zip(found.data, found.target, strict=True)]
    return write_table(
        tmp_path_factory.mktemp("diabetes") / "diabetes.csv", header=[*found.feature_names, "progression"], rows=rows
    )


@pytest.fixture(scope="session")
def penguins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up table of text and numbers, with cells that are missing, and a label of three words."""
    kinds = (("Adelie", "Torgersen", 38.0), ("Gentoo", "Biscoe, south", 47.0), ("Chinstrap", "Dream", 49.0))
    rows = [
        [island if number % 7 else "", "NA" if number % 11 == 0 else length + number % 5, number % 2, kind]
        for number in range(120)
        for kind, island, length in kinds
    ]
    return write_table(
        tmp_path_factory.mktemp("penguins") / "Palmer penguins.csv",
        header=["island", "bill length", "sex", "kind"],
        rows=rows,
    )


def write_table(file: Path, *, header: Sequence[object], rows: Sequence[Sequence[object]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])
    return file


@pytest.fixture(scope="session")
def project(installed: Environment, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str], Path]:
    """A function that makes a project of a table and its label, by the installed `yard`."""

    def made(table: Path, label: str) -> Path:
        folder = tmp_path_factory.mktemp("projects") / "mine"
        installed.run("yard", "new", str(folder), "--csv", str(table), "--label", label, folder=folder.parent)
        return folder

    return made
