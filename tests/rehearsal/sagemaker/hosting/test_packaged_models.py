"""Models that are made of a model package."""

from typing import Any

import botocore.exceptions
import pytest

from support.endpoints import Endpoints, variant

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"


def register(host: Endpoints, *containers: dict[str, Any], approval: str | None = "Approved") -> str:
    """A version of a group of its own, or without approval a package that has no versions."""
    name = host.aws.name("package")
    naming: dict[str, Any] = {"ModelPackageName": name}
    if approval is not None:
        host.sagemaker.create_model_package_group(ModelPackageGroupName=name)
        naming = {"ModelPackageGroupName": name, "ModelApprovalStatus": approval}
    inference = {"Containers": list(containers), "SupportedContentTypes": ["text/csv"]}
    made = host.sagemaker.create_model_package(**naming, InferenceSpecification=inference)
    return str(made["ModelPackageArn"])


def contained(host: Endpoints, place: str, *, weight: str) -> dict[str, Any]:
    """A container whose code needs no network to be installed."""
    made = host.container(place, weight=weight)
    return {**made, "Environment": {**made["Environment"], "PIP_NO_BUILD_ISOLATION": "0"}}


def packaged(host: Endpoints, package: str, **container: Any) -> str:
    name = host.aws.name("model")
    host.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=host.role,
        PrimaryContainer={"ModelPackageName": package, **container},
        EnableNetworkIsolation=True,
    )
    return name


def refusal(host: Endpoints, package: str, **container: Any) -> str:
    with pytest.raises(botocore.exceptions.ClientError) as error:
        packaged(host, package, **container)
    assert error.value.response["Error"]["Code"] == "ValidationException"
    return str(error.value)


def test_an_approved_version_is_served_with_variables_of_its_own_and_the_model_s(host: Endpoints) -> None:
    package = register(host, contained(host, "one", weight="3"))
    model = packaged(host, package, Environment={"COLOUR": "blue"})
    name = host.endpoint(host.config(variant(model)))

    assert host.invoke(name) == "6.0"
    assert host.sagemaker.describe_model(ModelName=model)["PrimaryContainer"] == {
        "ModelPackageName": package,
        "Environment": {"COLOUR": "blue"},
    }
    assert "Containers" not in host.sagemaker.describe_model(ModelName=model)


def test_a_package_of_several_containers_is_served_as_a_pipeline(host: Endpoints) -> None:
    package = register(host, contained(host, "first", weight="3"), contained(host, "second", weight="5"))

    name = host.endpoint(host.config(variant(packaged(host, package))))

    assert host.invoke(name) == "30.0"


def test_a_package_without_versions_needs_no_approval(host: Endpoints) -> None:
    package = register(host, contained(host, "alone", weight="3"), approval=None)

    assert host.invoke(host.endpoint(host.config(variant(packaged(host, package))))) == "6.0"


@pytest.mark.parametrize("approval", ["PendingManualApproval", "Rejected"])
def test_a_version_that_nobody_approved_is_refused(host: Endpoints, approval: str) -> None:
    package = register(host, host.container("waiting", weight="3"), approval=approval)

    assert f"must be Approved for a model to be made of it, got {approval}" in refusal(host, package)


def test_a_package_of_another_account_is_refused_by_its_name(host: Endpoints) -> None:
    package = "arn:aws:sagemaker:us-east-1:865070037744:model-package/moods-v2"

    assert f"must be of this account's registry here, got {package}" in refusal(host, package)


def test_a_package_that_is_not_there_is_refused(host: Endpoints) -> None:
    said = refusal(host, register(host, {"Image": IMAGE}).replace("/1", "/9"))

    assert "does not exist" in said
    assert "register it again" in said


def test_a_package_is_named_without_what_it_has(host: Endpoints) -> None:
    said = refusal(host, register(host, {"Image": IMAGE}), Image=IMAGE)

    assert "at most one of" in said or "must be given without Image" in said


def test_a_package_without_containers_makes_no_model(host: Endpoints) -> None:
    name = host.aws.name("empty")
    made = host.sagemaker.create_model_package(ModelPackageName=name)

    assert "has no InferenceSpecification" in refusal(host, made["ModelPackageArn"])


def test_a_package_stands_beside_no_other_container(host: Endpoints) -> None:
    package = register(host, {"Image": IMAGE})
    with pytest.raises(botocore.exceptions.ClientError, match="must name its package as PrimaryContainer here"):
        host.sagemaker.create_model(
            ModelName=host.aws.name("model"),
            ExecutionRoleArn=host.role,
            Containers=[{"ModelPackageName": package}, {"Image": IMAGE}],
        )


def test_a_product_of_the_marketplace_is_not_served_without_instances(host: Endpoints) -> None:
    package = register(host, contained(host, "bought", weight="3"), approval=None)
    name = host.aws.name("model")
    host.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=host.role, PrimaryContainer={"ModelPackageName": package}
    )
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    with pytest.raises(botocore.exceptions.ClientError, match="does not support a model package without versions"):
        host.config({"VariantName": "primary", "ModelName": name, "ServerlessConfig": serverless})
