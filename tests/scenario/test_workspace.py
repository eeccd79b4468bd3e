"""The project as the play has it: what it changes is not the user's."""

from pathlib import Path

import pytest

from modelyard.manifest import Refused
from modelyard.scenario.workspace import REPOSITORY, ManifestError, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(folder=tmp_path / "project", model="churn")
    made.fill()
    return made


def test_the_manifest_is_a_copy(workspace: Workspace) -> None:
    before = (REPOSITORY / "models" / "churn.toml").read_text()
    workspace.set_line("engine", value="drift")
    assert (REPOSITORY / "models" / "churn.toml").read_text() == before
    assert workspace.line("engine") == "drift"


def test_other_models_are_left_out(workspace: Workspace) -> None:
    assert [path.name for path in workspace.manifest.parent.iterdir()] == ["churn.toml"]


def test_a_changed_line_keeps_its_comment(workspace: Workspace) -> None:
    workspace.set_line("engine", value="drift")
    (line,) = [line for line in workspace.manifest.read_text().splitlines() if line.startswith("engine")]
    assert line.startswith('engine = "drift"')
    assert "# an account new to Model Monitor" in line


def test_what_is_only_read_is_a_link(workspace: Workspace) -> None:
    assert (workspace.folder / "app.py").is_symlink()
    assert (workspace.folder / "training_scripts").resolve() == REPOSITORY / "training_scripts"


def test_removal_is_allowed_in_the_copy_alone(workspace: Workspace) -> None:
    workspace.allow_removal()
    assert (workspace.folder / "stages.toml").read_text().count('removal = "destroy"') == 1
    assert 'removal = "destroy"\n' not in (REPOSITORY / "stages.toml").read_text()


def test_declarations_that_can_be_are_not_refused(workspace: Workspace) -> None:
    workspace.check()


@pytest.mark.parametrize(
    ("line", "broken", "said"),
    [
        ('name = "churn"', "name = churn", "churn.toml"),
        ("scaling = { min = 2", "scaling = { min = 9", "serving.scaling.min must be between 1 and max"),
    ],
)
def test_declarations_that_cannot_be_are_refused_before_anything_starts(
    workspace: Workspace, line: str, broken: str, said: str
) -> None:
    text = workspace.manifest.read_text()
    assert line in text
    workspace.manifest.write_text(text.replace(line, broken))
    with pytest.raises(Refused, match=said):
        workspace.check()


def test_a_line_that_is_not_there_is_named(workspace: Workspace) -> None:
    with pytest.raises(ManifestError, match=r"churn.toml must have a line nothing = ..., found none; add it"):
        workspace.set_line("nothing", value="x")
