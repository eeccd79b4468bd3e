"""Which chapters a model's life has. The lives themselves are played by CI."""

from pathlib import Path

import pytest

from modelyard.rehearsal.play.commands import Commands
from modelyard.rehearsal.play.mailbox import Mailbox
from modelyard.rehearsal.play.scene import Scene, StoryFailed
from modelyard.rehearsal.play.story import CHAPTERS, models
from modelyard.rehearsal.play.workspace import Workspace
from modelyard.rehearsal.session import Reach

REACH = Reach(endpoint="http://127.0.0.1:9", secret="secret", region="us-east-1")
TITLES = [chapter.title for chapter in CHAPTERS]


def scene(model: str, folder: Path, mailbox: Mailbox) -> Scene:
    workspace = Workspace(folder=folder / "project", model=model)
    workspace.fill()
    commands = Commands(reach=REACH, folder=workspace.folder, log=folder / "log")
    return Scene(model=model, reach=REACH, workspace=workspace, commands=commands, mailbox=mailbox, output=folder)


def told(model: str, folder: Path) -> list[str]:
    with Mailbox(reach=REACH) as mailbox:
        made = scene(model, folder, mailbox)
        return [chapter.title for chapter in CHAPTERS if chapter.needed(made)]


def test_the_whole_story_is_that_of_churn(tmp_path: Path) -> None:
    assert told("churn", tmp_path) == TITLES


def test_a_model_without_batch_and_scaling_has_no_chapter_of_them(tmp_path: Path) -> None:
    missing = set(TITLES) - set(told("churn_forest", tmp_path))
    assert {"Score a file in batch", "Scale out under load, and in again"} <= missing


def test_a_model_that_is_only_trained_is_trained_and_cleared_away(tmp_path: Path) -> None:
    assert told("mnist_torch", tmp_path) == [*TITLES[:4], TITLES[-1]]


def test_every_manifest_can_be_played() -> None:
    assert models() == ["churn", "churn_forest", "mnist_tf", "mnist_torch"]


def test_what_does_not_hold_ends_the_story_in_a_sentence(tmp_path: Path) -> None:
    with Mailbox(reach=REACH) as mailbox:
        made = scene("churn", tmp_path, mailbox)
        made.require(condition=True, said="not said")
        with pytest.raises(StoryFailed, match="the endpoint must scale"):
            made.require(condition=False, said="the endpoint must scale")
