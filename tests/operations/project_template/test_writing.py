"""The manifest that a project begins with, as far as it depends on the table."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from modelyard.manifest import read_models, read_stage
from modelyard.operations.project_template.table import Column, Table
from modelyard.operations.project_template.writing import Answers, write_project


def limits(folder: Path, *, label: str, column: Column) -> dict[str, Any]:
    """The limits in the manifest of a project, which is read as synth reads it."""
    table = Table(columns=(Column(name=label, cells=tuple(f"{number}.5" for number in range(60))), column))
    answers = Answers(model="houses", label=label, task=table.task, version="0.2.0")
    write_project(folder, answers=answers, table=table)
    stage = read_stage(folder / "stages.toml", name="dev")
    read_models(folder / "models", stage=stage, scripts=folder / "training_scripts")
    manifest = tomllib.loads((folder / "models" / "houses.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = manifest["monitoring"]["limits"]
    return found


@pytest.mark.parametrize("label", ["price", "the price", 'a "price"', "back\\slash", "Größe"])
def test_the_label_is_not_compared_however_it_is_named(tmp_path: Path, label: str) -> None:
    whole = Column(name="size", cells=tuple(str(number) for number in range(60)))
    found = limits(tmp_path / "mine", label=label, column=whole)
    assert found["ignore"] == [label]
    assert "columns" not in found


def test_a_column_of_whole_numbers_and_fractions_is_not_held_to_one_type(tmp_path: Path) -> None:
    mixed = Column(name="living area", cells=tuple(f"{number / 2:g}" for number in range(60)))
    found = limits(tmp_path / "mine", label="price", column=mixed)
    assert found["columns"] == {"living area": {"datatype_check_threshold": 0.0}}
