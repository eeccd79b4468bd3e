"""What the steps share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.rehearsal.session import Connection
from modelyard.scenario.commands import Commands
from modelyard.scenario.context import ScenarioContext, ScenarioFailed
from modelyard.scenario.data import ModelData
from modelyard.scenario.webhook import SnsWebhookReceiver
from modelyard.scenario.workspace import Workspace, read_declarations
from support.synth import ROOT

REACH = Connection(endpoint="http://127.0.0.1:9", secret="secret", region="us-east-1")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[ScenarioContext]:
    _, model = read_declarations(ROOT, model="churn_forest")
    workspace = Workspace(folder=tmp_path / "project", project=ROOT, model=model.name)
    with SnsWebhookReceiver(connection=REACH) as alerts:
        yield ScenarioContext(
            model=model,
            data=ModelData(model=model, workspace=workspace.folder),
            connection=REACH,
            workspace=workspace,
            commands=Commands(connection=REACH, folder=workspace.folder, log=tmp_path / "log"),
            alerts=alerts,
            output=tmp_path,
        )


def test_a_condition_that_does_not_hold_ends_the_scenario_in_a_sentence(context: ScenarioContext) -> None:
    context.require(condition=True, sentence="not printed")
    with pytest.raises(ScenarioFailed, match="the endpoint must scale"):
        context.require(condition=False, sentence="the endpoint must scale")


def test_stacks_are_named_as_the_app_names_them(context: ScenarioContext) -> None:
    assert (context.stack("foundation"), context.stack("serving")) == ("dev-foundation", "dev-churn-forest-serving")


def test_a_deploy_without_stacks_is_of_all(context: ScenarioContext) -> None:
    options = ("--context", "model=churn_forest", "--require-approval", "never")
    assert context.deploy_arguments() == ("deploy", "--all", *options)
    assert context.deploy_arguments("dev-foundation") == ("deploy", "dev-foundation", *options)


def test_variants_are_those_of_the_manifest(context: ScenarioContext) -> None:
    assert context.variants == ["champion", "challenger"]
