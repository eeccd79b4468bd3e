"""The plan over what the CDK CLI has deployed."""

import copy
from typing import Any

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.costs.prices import shipped
from modelyard.operations.planning.differences import Action
from modelyard.operations.planning.plan import Plan, plan
from modelyard.operations.planning.revision import Revision
from modelyard.operations.planning.sources import deployed as standing
from modelyard.template_checks.template import Template
from support.deployed_examples import DeployedExamples
from support.synth import Synthesized

SERVING = "dev-churn-serving"


def planned(templates: Any) -> Plan:
    head = tuple(Template(name=name, body=body) for name, body in templates.items())
    return plan(base=standing(aws=Aws(), templates=head), head=Revision(name="head", templates=head), prices=shipped())


@pytest.fixture
def app(deployed: DeployedExamples, monkeypatch: pytest.MonkeyPatch) -> Synthesized:
    for name, value in deployed.aws.connection.variables().items():
        monkeypatch.setenv(name, value)
    return deployed.app


def test_what_was_just_deployed_changes_nothing(app: Synthesized) -> None:
    assert planned(app.templates).summary == "Nothing changes"


def test_another_model_moves_the_deployed_endpoint(app: Synthesized) -> None:
    templates: dict[str, Any] = copy.deepcopy(dict(app.templates))
    (model,) = [one for one in templates[SERVING]["Resources"].values() if one["Type"] == "AWS::SageMaker::Model"]
    model["Properties"]["PrimaryContainer"]["ModelDataUrl"] = "s3://data/other/model.tar.gz"
    found = planned(templates)
    assert [one.action for one in found.changes] == [Action.REPLACE, Action.REPLACE, Action.UPDATE]
    assert [one.endpoint for one in found.rollouts] == ["dev-churn"]
    assert found.code == 0


def test_an_export_that_deployed_stacks_import_cannot_go(app: Synthesized) -> None:
    foundation: dict[str, Any] = copy.deepcopy(dict(app.templates["dev-foundation"]))
    foundation["Outputs"] = {key: one for key, one in foundation["Outputs"].items() if "Export" not in one}
    found = planned({"dev-foundation": foundation})
    assert {one.kind for one in found.blockers} == {"export in use"}
    assert any("dev-churn-serving" in one.what for one in found.blockers)
