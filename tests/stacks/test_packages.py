"""Stacks of models by their packages."""

from pathlib import Path

import pytest

from support import permissions as may
from support.manifests import synthesize_text
from support.synth import Synthesized

VERSION = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/3"
PRODUCT = "arn:aws:sagemaker:eu-west-1:865070037744:model-package/moods-v2-0123456789abcdef"
REPOSITORY = "arn:<Partition>:ecr:eu-west-1:123456789012:repository/own"
SERVING, BATCH = "dev-scored-serving", "dev-scored-batch"
MANIFEST = """
name = "scored"
[batch]
instance = "ml.m5.large"
[serving]
instance = "ml.m5.large"
environment = {{ TONE = "kind" }}
[[serving.variants]]
name = "primary"
{package}
"""
OF_VERSION = f"""
package = "{VERSION}"
package_artifacts = ["s3://team/models/model.tar.gz"]
package_images = ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"]
"""


@pytest.fixture(scope="module")
def versioned(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize_text(tmp_path_factory.mktemp("versioned"), MANIFEST.format(package=OF_VERSION))


@pytest.fixture(scope="module")
def bought(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize_text(tmp_path_factory.mktemp("bought"), MANIFEST.format(package=f'package = "{PRODUCT}"'))


@pytest.mark.parametrize("stack", [SERVING, BATCH])
def test_a_model_names_its_package_and_reaches_no_network(versioned: Synthesized, stack: str) -> None:
    properties = versioned.one(stack, "SageMaker::Model")

    assert properties["PrimaryContainer"] == {"ModelPackageName": VERSION, "Environment": {"TONE": "kind"}}
    assert properties["EnableNetworkIsolation"] is True


@pytest.mark.parametrize("stack", [SERVING, BATCH])
def test_a_role_may_read_what_the_package_names(versioned: Synthesized, stack: str) -> None:
    statements = versioned.statements(stack, "ModelRole")

    assert may.objects("arn:<Partition>:s3:::team/models/model.tar.gz") in statements
    assert [one["Resource"] for one in statements if "ecr:BatchGetImage" in one["Action"]] == [[REPOSITORY]]


@pytest.mark.parametrize("stack", [SERVING, BATCH])
def test_for_a_product_of_the_marketplace_a_role_may_pull_nothing(bought: Synthesized, stack: str) -> None:
    actions = [action for one in bought.statements(stack, "ModelRole") for action in one["Action"]]

    assert bought.one(stack, "SageMaker::Model")["PrimaryContainer"]["ModelPackageName"] == PRODUCT
    assert not [action for action in actions if action.startswith("ecr:")]


def test_guardrails_are_left_out_for_what_sagemaker_has_none_for(versioned: Synthesized, bought: Synthesized) -> None:
    assert "DeploymentConfig" in versioned.one(SERVING, "SageMaker::Endpoint")
    assert "DeploymentConfig" not in bought.one(SERVING, "SageMaker::Endpoint")


def test_a_variant_of_an_artifact_stands_beside_one_of_a_package(tmp_path: Path) -> None:
    text = MANIFEST.format(package=OF_VERSION).replace("[serving]", '[serving]\ncontainer = "xgboost:3.2-0"')
    app = synthesize_text(
        tmp_path, text + '[[serving.variants]]\nname = "own"\nmodel = "scored/training/1/j/output/model.tar.gz"\n'
    )

    own = app.one(SERVING, "SageMaker::Model", "ownModel")["PrimaryContainer"]
    assert own["ModelDataUrl"] == "s3://<bucket>/scored/training/1/j/output/model.tar.gz"
    assert app.one(SERVING, "SageMaker::Model", "primaryModel")["PrimaryContainer"]["ModelPackageName"] == VERSION
