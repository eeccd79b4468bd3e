"""Which models the chapter about retraining is of, and the small GitHub that it plays with."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from modelyard.manifest import Model
from modelyard.manifest.channel import Channel
from modelyard.scenario.forge import LoopbackForge
from modelyard.scenario.steps.retrain import _swap_labels, missing
from modelyard.scenario.workspace import Workspace, read_declarations
from support.synth import ROOT

BRANCH = "retrain/churn/retrain-20261122"
OPENED = {"title": "t", "head": BRANCH, "base": "main", "body": "b"}


@pytest.fixture(scope="module")
def churn() -> Model:
    return read_declarations(ROOT, model="churn")[1]


def test_churn_lacks_nothing(churn: Model) -> None:
    assert missing(churn) is None


def test_a_model_without_rows_to_hold_out_is_left_out(churn: Model) -> None:
    assert churn.training is not None
    channels = {"train": Channel(path="datasets/train", content_type="text/csv")}
    assert missing(replace(churn, training=replace(churn.training, channels=channels))) == (
        "not declared: the channels train and test or validation"
    )


def test_labels_are_swapped(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("a,1\nb,0\nc,1\n")
    _swap_labels(file)
    assert file.read_text() == "a,0\nb,1\nc,0\n"


def test_a_table_is_added_after_what_the_manifest_has(tmp_path: Path) -> None:
    workspace = Workspace(folder=tmp_path / "project", project=ROOT, model="churn")
    workspace.fill()
    workspace.declare('\n[training.retrain]\nschedule = "rate(7 days)"\nheld_out = "datasets/validation"\n')
    declared = read_declarations(workspace.folder, model="churn")[1]

    assert declared.training is not None
    assert declared.training.retrain is not None
    assert declared.training.retrain.schedule == "rate(7 days)"


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[LoopbackForge]:
    project = tmp_path / "project"
    project.mkdir()
    (project / "file").write_text("a line\n")
    with LoopbackForge(folder=tmp_path, project=project) as made:
        yield made


def ask(forge: LoopbackForge, document: Any = None, *, path: str = "", token: str | None = None) -> tuple[int, Any]:
    """Ask it as GitHub is asked."""
    variables = forge.variables
    request = Request(
        f"{variables['GITHUB_API_URL']}/repos/{variables['GITHUB_REPOSITORY']}/pulls{path}",
        data=None if document is None else json.dumps(document).encode(),
        headers={"Authorization": f"Bearer {variables['GITHUB_TOKEN'] if token is None else token}"},
    )
    try:
        with urlopen(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        return refused.code, json.load(refused)


def branch(tmp_path: Path, *, name: str = BRANCH) -> None:
    """Push a branch with a line more than main has."""
    project = tmp_path / "project"
    (project / "file").write_text("a line\nanother\n")
    identity = ("-c", "user.name=A", "-c", "user.email=a@b")
    for words in (("commit", "--all", "--message", "m"), ("push", "origin", f"HEAD:refs/heads/{name}")):
        subprocess.run(["git", *identity, *words], cwd=project, check=True, capture_output=True)  # noqa: S607


def test_a_pull_request_of_a_pushed_branch_is_opened_and_listed(forge: LoopbackForge, tmp_path: Path) -> None:
    branch(tmp_path)
    status, pull = ask(forge, OPENED)

    assert (status, pull["number"], pull["state"]) == (201, 1, "open")
    assert forge.changes(BRANCH) == ["+another"]
    assert ask(forge, path=f"?head=owner:{BRANCH}&state=all")[1][0]["html_url"] == pull["html_url"]
    forge.close(1, merged=True)
    assert ask(forge, path=f"?head=owner:{BRANCH}&state=open") == (200, [])


def test_what_github_refuses_is_refused(forge: LoopbackForge, tmp_path: Path) -> None:
    assert ask(forge, OPENED, token="another")[0] == 401
    assert "head is invalid" in ask(forge, OPENED)[1]["errors"][0]["message"]
    assert "is missing" in ask(forge, {"title": "t"})[1]["errors"][0]["message"]
    assert "unknown" in ask(forge, {**OPENED, "heads": "x"})[1]["errors"][0]["message"]
    assert "No commits between" in ask(forge, {**OPENED, "head": "main"})[1]["errors"][0]["message"]
    branch(tmp_path)
    ask(forge, OPENED)
    assert "already exists" in ask(forge, OPENED)[1]["errors"][0]["message"]
