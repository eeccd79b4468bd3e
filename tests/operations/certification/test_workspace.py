"""Where a certification is declared, and which models it refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelyard.manifest import Model
from modelyard.operations.certification.workspace import Workspace, check_playable, make_workspace
from modelyard.operations.failures import Failure
from modelyard.operations.project import Project
from support.synth import ROOT


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(project=Project(models=ROOT / "models"), name="churn", folder=tmp_path)


def test_the_life_is_of_a_stage_of_its_own_whose_data_may_go(workspace: Workspace) -> None:
    stage = workspace.project.stage
    assert (stage.name, stage.removal, stage.termination_protection) == ("certify", "destroy", False)
    assert stage.api_log_role is False


def test_the_copy_is_the_manifest_without_what_was_promoted(workspace: Workspace) -> None:
    assert workspace.model.name == "churn"
    assert workspace.variant == "primary"
    assert workspace.serving.variants[0].model is None


def test_the_digest_tells_one_manifest_from_another(workspace: Workspace) -> None:
    before = workspace.digest
    workspace.manifest.write_text(workspace.manifest.read_text().replace("num_round = 100", "num_round = 10"))
    assert workspace.digest != before


def changed(model: Model, table: str, **values: Any) -> Model:
    return replace(model, **{table: replace(getattr(model, table), **values)})


@pytest.mark.parametrize(
    ("table", "values", "missing"),
    [
        ("training", {"trials": ()}, r"\[training\] with 2 trials"),
        ("serving", {"scaling": None}, r"serving\.scaling"),
        ("monitoring", {"engine": "model-monitor"}, r'monitoring\.engine = "drift"'),
    ],
)
def test_a_model_that_lacks_what_a_life_plays_is_refused(
    workspace: Workspace, table: str, values: dict[str, Any], missing: str
) -> None:
    with pytest.raises(Failure, match=f"churn must have {missing} for a certification; name another, such as churn"):
        check_playable(changed(workspace.model, table, **values))


def test_a_model_of_several_variants_is_refused() -> None:
    with pytest.raises(Failure, match=r"churn_forest must have .*\[serving\] with one variant and no shadow"):
        check_playable(Project(models=ROOT / "models").model("churn_forest"))
