"""Which chapters a model's life has. The lives themselves are played by CI."""

from pathlib import Path

import pytest

from modelyard.rehearsal.session import Reach
from modelyard.scenario.commands import Commands
from modelyard.scenario.context import ScenarioContext, ScenarioFailed
from modelyard.scenario.runner import STEPS, models
from modelyard.scenario.webhook import SnsWebhookReceiver
from modelyard.scenario.workspace import Workspace

REACH = Reach(endpoint="http://127.0.0.1:9", secret="secret", region="us-east-1")
TITLES = [chapter.title for chapter in STEPS]


def context(model: str, folder: Path, alerts: SnsWebhookReceiver) -> ScenarioContext:
    workspace = Workspace(folder=folder / "project", model=model)
    workspace.fill()
    commands = Commands(reach=REACH, folder=workspace.folder, log=folder / "log")
    return ScenarioContext(
        model=model, reach=REACH, workspace=workspace, commands=commands, alerts=alerts, output=folder
    )


def told(model: str, folder: Path) -> list[str]:
    with SnsWebhookReceiver(reach=REACH) as alerts:
        made = context(model, folder, alerts)
        return [chapter.title for chapter in STEPS if chapter.needed(made)]


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
    with SnsWebhookReceiver(reach=REACH) as alerts:
        made = context("churn", tmp_path, alerts)
        made.require(condition=True, said="not said")
        with pytest.raises(ScenarioFailed, match="the endpoint must scale"):
            made.require(condition=False, said="the endpoint must scale")
