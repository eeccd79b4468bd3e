"""`yard status` of a stage for which nothing is declared."""

from pathlib import Path

from support.projects import make_project
from support.yard import Yard


def test_a_project_without_models_is_told_in_a_sentence(yard: Yard, tmp_path: Path) -> None:
    models = make_project(tmp_path / "project", stage="bare", manifests={}) / "models"
    ran = yard("--stage", "bare", "--models", str(models), "status")
    assert (ran.code, ran.out) == (0, "")
    assert f"{models} holds no manifest; write one, NAME.toml, or begin a project: yard new" in " ".join(
        ran.err.split()
    )


def test_as_json_it_is_an_empty_list(yard: Yard, tmp_path: Path) -> None:
    models = make_project(tmp_path / "project", stage="bare", manifests={}) / "models"
    assert yard("--stage", "bare", "--models", str(models), "--json", "status").document == []
