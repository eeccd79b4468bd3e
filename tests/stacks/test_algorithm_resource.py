"""The stacks of a model that an algorithm resource trains."""

from pathlib import Path

import pytest

from support.manifests import synthesize_text
from support.synth import Synthesized

TRAINING, SERVING = "dev-leavers-training", "dev-leavers-serving"
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/dev-leavers/1"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/trees:1"
REPOSITORY = "arn:<Partition>:ecr:eu-west-1:123456789012:repository/trees"
MANIFEST = """
name = "leavers"
[training]
algorithm = "arn:aws:sagemaker:eu-west-1:865070037744:algorithm/decision-trees-0123456789abcdef"
{image}
instance = "ml.m5.large"
objective = {{ metric = "auc", goal = "maximize" }}
channels = {{ training = {{ path = "datasets/train" }} }}
[serving]
instance = "ml.m5.large"
[[serving.variants]]
name = "primary"
{package}
"""
SERVED = f"""
package = "{PACKAGE}"
package_artifacts = ["s3://team/leavers/training/1/j/output/model.tar.gz"]
"""


@pytest.fixture(scope="module")
def bought(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize_text(tmp_path_factory.mktemp("bought"), MANIFEST.format(image="", package=SERVED))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    folder = tmp_path_factory.mktemp("own")
    return synthesize_text(folder, MANIFEST.format(image=f'algorithm_image = "{IMAGE}"', package=""))


def of_action(app: Synthesized, stack: str, role: str, action: str) -> list[list[str]]:
    """The resources on which a role may do something."""
    return [one["Resource"] for one in app.statements(stack, role) if action in one["Action"]]


def test_jobs_by_a_product_may_pull_nothing(bought: Synthesized) -> None:
    actions = [action for one in bought.statements(TRAINING, "TrainingRole") for action in one["Action"]]

    assert not [action for action in actions if action.startswith("ecr:")]


def test_jobs_by_an_algorithm_of_one_s_own_may_pull_its_image_alone(own: Synthesized) -> None:
    assert of_action(own, TRAINING, "TrainingRole", "ecr:BatchGetImage") == [[REPOSITORY]]


def test_the_state_machine_starts_jobs_and_registers_as_of_a_container(bought: Synthesized) -> None:
    (jobs,) = of_action(bought, TRAINING, "RunRole", "sagemaker:CreateTrainingJob")

    assert jobs == ["arn:<Partition>:sagemaker:<Region>:<AccountId>:training-job/dev-leavers--*"]
    assert len(of_action(bought, TRAINING, "RunRole", "sagemaker:CreateModelPackage")) == 1


def test_nothing_is_served_before_the_promotion(own: Synthesized) -> None:
    assert SERVING not in own.templates


def test_a_product_s_model_is_served_by_its_package_without_guardrails(bought: Synthesized) -> None:
    model = bought.one(SERVING, "SageMaker::Model")

    assert model["PrimaryContainer"] == {"ModelPackageName": PACKAGE}
    assert model["EnableNetworkIsolation"] is True
    assert "DeploymentConfig" not in bought.one(SERVING, "SageMaker::Endpoint")


def test_the_role_of_a_product_s_model_reads_its_artifact_and_pulls_nothing(bought: Synthesized) -> None:
    assert of_action(bought, SERVING, "ModelRole", "s3:GetObject") == [
        ["arn:<Partition>:s3:::team/leavers/training/1/j/output/model.tar.gz"]
    ]
    assert of_action(bought, SERVING, "ModelRole", "ecr:BatchGetImage") == []


def test_a_rollout_of_a_product_s_model_is_refused(tmp_path: Path) -> None:
    moved = SERVED + '[serving.rollout]\nstrategy = "canary"\npercent = 50\n'

    with pytest.raises(Exception, match=r"serving\.rollout must be left out where a product of the AWS Marketplace"):
        synthesize_text(tmp_path, MANIFEST.format(image="", package=moved))
