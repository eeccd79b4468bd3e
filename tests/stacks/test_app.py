"""What `app.py` is made of: Modelyard's stacks in an app that takes others beside them."""

from pathlib import Path

import aws_cdk as cdk
import pytest

from modelyard.constructs import analyzer_source
from modelyard.manifest import Refused
from modelyard.stacks.app import Modelyard, run
from modelyard.stacks.fleet import FleetStack
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.serving import ServingStack
from modelyard.stacks.training import TrainingStack
from support.synth import FLAGS, ROOT


def made(folder: Path, **context: str) -> Modelyard:
    app = cdk.App(outdir=str(folder), context={**FLAGS, **context}, builtin_cloud_formation_validation=False)
    return Modelyard(app, folder=ROOT, validate=False)


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Modelyard:
    return made(tmp_path_factory.mktemp("preview"), preview="true")


def test_each_stack_is_found_by_its_name(preview: Modelyard) -> None:
    names = {child.stack_name for child in preview.app.node.children if isinstance(child, cdk.Stack)}
    assert set(preview.stacks) == names
    assert all(stack.stack_name == name for name, stack in preview.stacks.items())


def test_a_stack_is_found_by_its_class_and_its_model(preview: Modelyard) -> None:
    for model in preview.models:
        training = preview.find(TrainingStack, model=model.name)
        assert training is preview.stacks[f"dev-{model.slug}-training"]
    assert preview.find(FoundationStack) is preview.stacks["dev-foundation"]
    assert preview.find(FleetStack) is preview.stacks["dev-fleet"]


def test_a_stack_that_waits_for_a_promotion_is_not_there(tmp_path: Path) -> None:
    assert made(tmp_path).find(ServingStack, model="churn") is None


def test_a_stack_of_one_model_is_not_found_without_it(preview: Modelyard) -> None:
    assert preview.find(TrainingStack) is None


def test_a_resource_can_be_added_to_a_stack_that_was_found(tmp_path: Path) -> None:
    modelyard = made(tmp_path, model="churn")
    training = modelyard.find(TrainingStack, model="churn")
    assert training is not None
    cdk.CfnOutput(training, "Mine", value="added")
    modelyard.synth()
    assert '"Mine"' in (tmp_path / "dev-churn-training.template.json").read_text(encoding="utf-8")


def test_a_template_of_another_s_is_held_to_the_rules(tmp_path: Path) -> None:
    modelyard = made(tmp_path, model="churn")
    stack = cdk.Stack(modelyard.app, "theirs")
    cdk.CfnResource(
        stack,
        "Role",
        type="AWS::IAM::Role",
        properties={
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
            }
        },
    )
    with pytest.raises(Refused, match="theirs"):
        modelyard.synth()


def test_a_declaration_that_cannot_be_ends_the_app_with_a_sentence() -> None:
    def build(app: cdk.App) -> Modelyard:
        app.node.set_context("stage", "nowhere")
        return Modelyard(app, folder=ROOT, validate=False)

    with pytest.raises(SystemExit, match=r"stage must be one of dev, prod, got .*nowhere"):
        run(build)


def test_an_analyzer_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    analyzer_source._source_hash.cache_clear()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match="pip install modelyard-drift"):
        analyzer_source._source_hash()
