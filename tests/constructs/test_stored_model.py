"""Models that SageMaker can load."""

from dataclasses import replace

import pytest

from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.published_file import PublishedFile
from modelyard.constructs.stored_model import ModelContainer, ServingScript, StoredArtifact, StoredModel
from modelyard.manifest.stage import Vpc
from modelyard.shared.container_families import PYTORCH, SKLEARN, XGBOOST, ContainerFamily
from support.small_stack import SmallStack
from support.synth import plain

SCRIPT = ServingScript(
    archive=PublishedFile(
        uri="s3://assets/code.gz", arn="arn:aws:s3:::assets/code.gz", bucket_arn="arn:aws:s3:::assets", key="code.gz"
    ),
    program="serve.py",
)
VPC = Vpc(subnets={"subnet-0a1b2c3d": "eu-west-1a", "subnet-1a1b2c3d": "eu-west-1b"}, security_groups=("sg-0a1b2c3d",))


def add(
    small: SmallStack,
    *,
    script: ServingScript | None = None,
    vpc: Vpc | None = None,
    serverless: bool = False,
    default_accept: str | None = None,
) -> None:
    image = ContainerImage(
        small.stack, "Image", container="xgboost:3.2-0", image_scope="inference", instance="ml.m5.large"
    )
    role = ExecutionRole(
        small.stack, "Role", service="sagemaker.amazonaws.com", statements=[], description="Loads the model"
    )
    artifact = StoredArtifact.promoted(artifact="churn/training/run/job/output/model.tar.gz", bucket="data")
    StoredModel(
        small.stack,
        "Model",
        container=ModelContainer(image=image, artifact=artifact, script=script, default_accept=default_accept),
        role=role,
        vpc=vpc,
        serverless=serverless,
    )


@pytest.mark.parametrize(
    ("artifact", "uri"),
    [("churn/model.tar.gz", "s3://data/churn/model.tar.gz"), ("s3://other/m.tgz", "s3://other/m.tgz")],
)
def test_an_artifact_is_a_key_of_the_bucket_or_an_object_elsewhere(artifact: str, uri: str) -> None:
    assert StoredArtifact.promoted(artifact=artifact, bucket="data").uri == uri


def test_the_arn_of_an_artifact_names_the_same_object(small: SmallStack) -> None:
    artifact = StoredArtifact.promoted(artifact="churn/model.tar.gz", bucket="data")

    assert plain(small.stack.resolve(artifact.arn)) == "arn:<Partition>:s3:::data/churn/model.tar.gz"


def test_a_model_has_no_name_that_would_forbid_its_replacement(small: SmallStack) -> None:
    add(small)

    assert "ModelName" not in small.one("SageMaker::Model")


def test_a_model_without_a_script_has_no_network(small: SmallStack) -> None:
    add(small)

    assert small.one("SageMaker::Model")["EnableNetworkIsolation"] is True


@pytest.mark.parametrize("script", [None, SCRIPT])
def test_a_container_is_told_what_to_answer_in(small: SmallStack, script: ServingScript | None) -> None:
    add(small, script=script, default_accept="text/csv")

    environment = small.one("SageMaker::Model")["PrimaryContainer"]["Environment"]
    assert environment["SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"] == "text/csv"


def test_a_container_without_a_script_and_a_monitor_has_no_environment(small: SmallStack) -> None:
    add(small)

    assert "Environment" not in small.one("SageMaker::Model")["PrimaryContainer"]


def test_a_serverless_model_has_a_network(small: SmallStack) -> None:
    add(small, serverless=True)

    assert small.one("SageMaker::Model")["EnableNetworkIsolation"] is False


def test_a_container_is_told_where_its_script_is(small: SmallStack) -> None:
    add(small, script=SCRIPT)

    model = small.one("SageMaker::Model")
    environment = model["PrimaryContainer"]["Environment"]
    assert (environment["SAGEMAKER_PROGRAM"], environment["SAGEMAKER_SUBMIT_DIRECTORY"]) == (
        "serve.py",
        "s3://assets/code.gz",
    )
    assert model["EnableNetworkIsolation"] is False


def environment_of(small: SmallStack, script: ServingScript) -> dict[str, str]:
    add(small, script=script)
    environment: dict[str, str] = small.one("SageMaker::Model")["PrimaryContainer"]["Environment"]
    return environment


@pytest.mark.parametrize("family", [XGBOOST, SKLEARN])
def test_a_container_that_builds_its_script_does_so_without_pypi(small: SmallStack, family: ContainerFamily) -> None:
    assert environment_of(small, replace(SCRIPT, family=family))["PIP_NO_BUILD_ISOLATION"] == "0"


def test_a_container_that_reads_the_models_code_is_told_of_no_archive(small: SmallStack) -> None:
    environment = environment_of(small, ServingScript(program="serve.py", family=PYTORCH))

    assert environment["SAGEMAKER_PROGRAM"] == "serve.py"
    assert not {"SAGEMAKER_SUBMIT_DIRECTORY", "PIP_NO_BUILD_ISOLATION"} & set(environment)


def test_a_model_is_in_the_network_of_the_stage(small: SmallStack) -> None:
    add(small, vpc=VPC)

    assert small.one("SageMaker::Model")["VpcConfig"] == {
        "SecurityGroupIds": ["sg-0a1b2c3d"],
        "Subnets": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
    }
