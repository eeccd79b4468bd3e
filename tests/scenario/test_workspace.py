"""The project as the scenario has it: what it changes is not the user's."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from modelyard.manifest import Refused
from modelyard.rehearsal.session import ACCOUNT
from modelyard.scenario.workspace import Workspace, read_declarations, read_promoted
from support.synth import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that may be changed."""
    folder = tmp_path / "mine"
    (folder / "models").mkdir(parents=True)
    shutil.copy(ROOT / "models" / "churn.toml", folder / "models")
    shutil.copy(ROOT / "models" / "churn_forest.toml", folder / "models")
    for name in ("app.py", "cdk.json", "stages.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "training_scripts", folder / "training_scripts")
    for name in (".venv", "cdk.out", "data", "rehearsed"):
        (folder / name).mkdir()
    (folder / "cdk.context.json").write_text("{}")
    return folder


@pytest.fixture
def workspace(project: Path, tmp_path: Path) -> Workspace:
    return filled(project, tmp_path)


def filled(project: Path, tmp_path: Path) -> Workspace:
    made = Workspace(folder=tmp_path / "workspace", project=project, model="churn")
    made.fill()
    return made


def test_the_manifest_is_a_copy(workspace: Workspace) -> None:
    before = (workspace.project / "models" / "churn.toml").read_text()
    workspace.set_value("monitoring", "engine", value="drift")
    assert (workspace.project / "models" / "churn.toml").read_text() == before
    assert 'engine = "drift"' in workspace.manifest.read_text()


def test_other_models_are_left_out(workspace: Workspace) -> None:
    assert [path.name for path in workspace.manifest.parent.iterdir()] == ["churn.toml"]


def test_a_changed_line_keeps_its_comment(workspace: Workspace) -> None:
    workspace.set_value("monitoring", "engine", value="drift")
    (line,) = [line for line in workspace.manifest.read_text().splitlines() if line.startswith("engine")]
    assert "# our own analyzer" in line


def test_what_is_only_read_is_a_link(workspace: Workspace) -> None:
    for name in ("app.py", "cdk.json", "data", "training_scripts"):
        assert (workspace.folder / name).readlink() == workspace.project / name


def test_what_the_cdk_command_writes_is_not_the_user_s(workspace: Workspace) -> None:
    (workspace.folder / "cdk.context.json").write_text("changed")
    assert (workspace.project / "cdk.context.json").read_text() == "{}"


def test_hidden_folders_and_results_are_left_out(workspace: Workspace) -> None:
    assert not {".venv", "cdk.out", "rehearsed"} & {path.name for path in workspace.folder.iterdir()}


def test_removal_is_allowed_in_the_copy_alone(workspace: Workspace) -> None:
    workspace.allow_removal()
    stages = tomllib.loads((workspace.folder / "stages.toml").read_text())
    assert (stages["dev"]["removal"], stages["prod"]["removal"]) == ("destroy", "retain")
    assert tomllib.loads((workspace.project / "stages.toml").read_text())["dev"]["removal"] == "retain"


def test_removal_is_allowed_however_the_stage_is_written(project: Path, tmp_path: Path) -> None:
    (project / "stages.toml").write_text('[prod]\nremoval="retain"\n[dev]\n')
    workspace = filled(project, tmp_path)
    workspace.allow_removal()
    stages = tomllib.loads((workspace.folder / "stages.toml").read_text())
    assert (stages["prod"], stages["dev"]["removal"]) == ({"removal": "retain"}, "destroy")


def test_a_stage_s_account_is_that_of_the_local_aws(project: Path, tmp_path: Path) -> None:
    (project / "stages.toml").write_text('[dev]\naccount = "999999999999"\nremoval = "retain"\n')
    stages = tomllib.loads((filled(project, tmp_path).folder / "stages.toml").read_text())
    assert stages["dev"]["account"] == ACCOUNT


def test_no_stack_of_the_copy_is_protected_against_its_deletion(project: Path, tmp_path: Path) -> None:
    (project / "stages.toml").write_text('[prod]\nremoval = "retain"\n[dev]\ntermination_protection = true\n')
    stages = tomllib.loads((filled(project, tmp_path).folder / "stages.toml").read_text())
    assert stages == {"prod": {"removal": "retain"}, "dev": {"termination_protection": False}}


def test_a_stage_without_an_account_stays_so(workspace: Workspace) -> None:
    assert "account" not in tomllib.loads((workspace.folder / "stages.toml").read_text())["dev"]


def test_what_was_promoted_on_aws_is_not_in_the_copy(project: Path, tmp_path: Path) -> None:
    manifest = project / "models" / "churn.toml"
    unpromoted = manifest.read_text()
    manifest.write_text(re.sub(r'^# ((?:model|baseline) = "[^"]*").*', r"\1", unpromoted, flags=re.MULTILINE))
    workspace = filled(project, tmp_path)
    promoted = tomllib.loads(manifest.read_text())
    assert "model" in promoted["serving"]["variants"][0]
    assert "baseline" in promoted["monitoring"]
    assert "baseline" in promoted["monitoring"]["quality"]
    assert tomllib.loads(workspace.manifest.read_text()) == tomllib.loads(unpromoted)


def test_what_a_manifest_names_is_told_by_its_keys(project: Path) -> None:
    assert read_promoted(project, model="churn") == {}
    manifest = project / "models" / "churn.toml"
    manifest.write_text(
        re.sub(r'^# ((?:model|baseline) = )"[^"]*".*', r'\1"x"', manifest.read_text(), flags=re.MULTILINE)
    )
    assert read_promoted(project, model="churn") == {
        "serving.variants.primary.model": "x",
        "monitoring.baseline": "x",
        "monitoring.quality.baseline": "x",
    }


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        ("[monitoring.limits]\nmeasures = { psi = 0.1 }\nignore = ['a']\n", {"ignore": ["a"]}),
        ("[monitoring.limits]\nignore = ['a']\n[monitoring.limits.measures]\npsi = 0.1\n", {"ignore": ["a"]}),
        (
            "[monitoring.limits.columns.b]\nmeasures = { psi = 0.1 }\ncompleteness = 0.5\n",
            {"columns": {"b": {"completeness": 0.5}}},
        ),
    ],
)
def test_measures_are_left_out_however_they_are_written(workspace: Workspace, limits: str, left: object) -> None:
    workspace.manifest.write_text(f"{workspace.manifest.read_text()}\n{limits}")
    workspace.leave_measures_out()
    assert tomllib.loads(workspace.manifest.read_text())["monitoring"]["limits"] == left


def test_declarations_that_can_be_are_read(project: Path) -> None:
    stage, model = read_declarations(project, model="churn")
    assert (stage.name, model.name) == ("dev", "churn")


@pytest.mark.parametrize(
    ("line", "broken", "sentence"),
    [
        ('name = "churn"', "name = churn", "churn.toml"),
        ("scaling = { min = 2", "scaling = { min = 9", "serving.scaling.min must be between 1 and max"),
    ],
)
def test_declarations_that_cannot_be_are_refused(project: Path, line: str, broken: str, sentence: str) -> None:
    manifest = project / "models" / "churn.toml"
    text = manifest.read_text()
    assert line in text
    manifest.write_text(text.replace(line, broken))
    with pytest.raises(Refused, match=sentence):
        read_declarations(project, model="churn")


@pytest.mark.parametrize(
    "stages", ["[dev]\ntracking = {} # why\n", "[dev]\n[dev.tracking]\nmaintenance = 'Sun:03:30'\n"]
)
def test_tracking_is_left_out_of_the_stage_that_is_played(workspace: Workspace, stages: str) -> None:
    file = workspace.folder / "stages.toml"
    file.write_text(f"{stages}[prod]\ntracking = {{}}\n")
    tracked = workspace.tracks
    workspace.leave_tracking_out()

    assert (tracked, workspace.tracks) == (True, False)
    assert tomllib.loads(file.read_text()) == {"dev": {}, "prod": {"tracking": {}}}
