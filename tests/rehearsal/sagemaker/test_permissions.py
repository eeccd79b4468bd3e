"""What the caller of each operation must be allowed to do, on which resource."""

from typing import Any

import pytest

from modelyard.rehearsal.sagemaker.permissions import needs

PREFIX = "arn:aws:sagemaker:us-east-1:111122223333:"
ROLE = "arn:aws:iam::111122223333:role/one"
OTHER = "arn:aws:iam::111122223333:role/two"


def needed(operation: str, request: dict[str, Any]) -> list[tuple[str, str]]:
    found = needs(operation=operation, request=request, account="111122223333", region="us-east-1")
    return [(need.action, need.resource.removeprefix(PREFIX)) for need in found]


@pytest.mark.parametrize(
    ("operation", "request_", "resources"),
    [
        ("DescribeTrainingJob", {"TrainingJobName": "a"}, ["training-job/a"]),
        ("StopTransformJob", {"TransformJobName": "a"}, ["transform-job/a"]),
        ("CreateHyperParameterTuningJob", {"HyperParameterTuningJobName": "a"}, ["hyper-parameter-tuning-job/a"]),
        ("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}, ["endpoint/e", "endpoint-config/c"]),
        ("UpdateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}, ["endpoint/e", "endpoint-config/c"]),
        ("UpdateEndpointWeightsAndCapacities", {"EndpointName": "e"}, ["endpoint/e"]),
        ("CreateTrial", {"TrialName": "t", "ExperimentName": "e"}, ["experiment-trial/t", "experiment/e"]),
        (
            "AssociateTrialComponent",
            {"TrialComponentName": "c", "TrialName": "t"},
            ["experiment-trial-component/c", "experiment-trial/t"],
        ),
        ("CreateModelPackage", {"ModelPackageGroupName": "g"}, ["model-package/g/*", "model-package-group/g"]),
        ("DescribeModelPackage", {"ModelPackageName": f"{PREFIX}model-package/g/1"}, ["model-package/g/1"]),
        ("UpdateModelPackage", {"ModelPackageArn": f"{PREFIX}model-package/g/1"}, ["model-package/g/1"]),
        ("DescribeDataQualityJobDefinition", {"JobDefinitionName": "d"}, ["data-quality-job-definition/d"]),
        ("StartMonitoringSchedule", {"MonitoringScheduleName": "s"}, ["monitoring-schedule/s"]),
        ("ListTags", {"ResourceArn": f"{PREFIX}endpoint/e"}, ["endpoint/e"]),
        ("AddTags", {"ResourceArn": f"{PREFIX}endpoint/e", "Tags": []}, ["endpoint/e"]),
        ("ListModels", {}, ["*"]),
        ("Search", {"Resource": "TrainingJob"}, ["*"]),
        ("DescribeTrainingJob", {}, ["*"]),
    ],
)
def test_an_operation_needs_its_action_on_what_it_touches(
    operation: str, request_: dict[str, Any], resources: list[str]
) -> None:
    assert needed(operation, request_) == [(f"sagemaker:{operation}", resource) for resource in resources]


def test_who_tags_what_it_makes_must_be_allowed_to_tag_it() -> None:
    request = {"EndpointName": "e", "EndpointConfigName": "c", "Tags": [{"Key": "k", "Value": "v"}]}
    assert ("sagemaker:AddTags", "endpoint/e") in needed("CreateEndpoint", request)


def test_no_tags_need_no_permission() -> None:
    assert "sagemaker:AddTags" not in dict(needed("CreateModel", {"ModelName": "m", "Tags": []}))


def test_every_role_of_a_request_must_be_passed_once() -> None:
    request = {"TrainingJobName": "a", "RoleArn": ROLE, "Nested": [{"ExecutionRoleArn": OTHER}, {"RoleArn": ROLE}]}
    passed = [resource for action, resource in needed("CreateTrainingJob", request) if action == "iam:PassRole"]
    assert passed == [ROLE, OTHER]


def test_a_role_is_passed_to_sagemaker() -> None:
    found = needs(operation="CreateModel", request={"ExecutionRoleArn": ROLE}, account="1", region="r")
    assert [dict(need.context) for need in found if need.action == "iam:PassRole"] == [
        {"iam:PassedToService": "sagemaker.amazonaws.com"}
    ]


def test_a_role_that_is_only_described_is_not_passed() -> None:
    assert needed("DescribeModel", {"ModelName": "m", "ExecutionRoleArn": ROLE}) == [
        ("sagemaker:DescribeModel", "model/m")
    ]
