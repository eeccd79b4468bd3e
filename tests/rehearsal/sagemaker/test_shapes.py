"""Requests held against AWS's description of them, each problem in the words of AWS's gateway."""

from datetime import UTC, datetime
from typing import Any

import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.shapes import accepted, answered, operation_model

CONFIG: dict[str, Any] = {
    "EndpointConfigName": "config",
    "ProductionVariants": [{"VariantName": "primary", "ModelName": "model", "InitialInstanceCount": 1}],
}


def refusal(operation: str, request: dict[str, Any]) -> str:
    with pytest.raises(ServiceError) as refused:
        accepted(request, shape=operation_model(service="sagemaker", operation=operation).input_shape)
    assert refused.value.code == "ValidationException"
    return refused.value.message


@pytest.mark.parametrize(
    ("changes", "place", "constraint"),
    [
        ({"EndpointConfigName": None}, "null at 'endpointConfigName'", "Member must not be null"),
        ({"EndpointConfigName": 7}, "'7' at 'endpointConfigName'", "Member must be a string"),
        ({"EndpointConfigName": "a" * 64}, "'endpointConfigName'", "Member must have length less than or equal to 63"),
        ({"EndpointConfigName": "under_score"}, "'under_score'", "Member must satisfy regular expression pattern: "),
        ({"ProductionVariants": []}, "'[]'", "Member must have length greater than or equal to 1"),
        ({"ProductionVariants": {}}, "'{}' at 'productionVariants'", "Member must be a list"),
        ({"DataCaptureConfig": []}, "'[]' at 'dataCaptureConfig'", "Member must be a structure"),
        ({"EnableNetworkIsolation": "yes"}, "'yes' at 'enableNetworkIsolation'", "Member must be a boolean"),
    ],
)
def test_a_problem_is_named_by_its_place_and_constraint(changes: dict[str, Any], place: str, constraint: str) -> None:
    said = refusal("CreateEndpointConfig", CONFIG | changes)
    assert place in said
    assert f" failed to satisfy constraint: {constraint}" in said


@pytest.mark.parametrize(
    ("count", "problem"),
    [
        (-1, "Member must have value greater than or equal to 1"),
        ("one", "Member must be a number"),
        (True, "Member must be a number"),
    ],
)
def test_a_number_in_a_list_is_named_by_its_place(count: object, problem: str) -> None:
    variant = CONFIG["ProductionVariants"][0] | {"InitialInstanceCount": count}
    said = refusal("CreateEndpointConfig", CONFIG | {"ProductionVariants": [variant]})
    assert f"Value '{count}' at 'productionVariants.1.member.initialInstanceCount' failed" in said
    assert said.endswith(problem)


def test_a_number_above_its_bound_is_refused() -> None:
    capture = {
        "InitialSamplingPercentage": 101,
        "DestinationS3Uri": "s3://bucket",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    said = refusal("CreateEndpointConfig", CONFIG | {"DataCaptureConfig": capture})
    assert said.endswith("Member must have value less than or equal to 100")


@pytest.mark.parametrize("kind", ["CsvContentTypes", "JsonContentTypes"])
def test_a_capture_without_content_types_is_refused(kind: str) -> None:
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://bucket",
        "CaptureOptions": [{"CaptureMode": "Input"}],
        "CaptureContentTypeHeader": {kind: []},
    }
    said = refusal("CreateEndpointConfig", CONFIG | {"DataCaptureConfig": capture})
    assert said.endswith("Member must have length greater than or equal to 1")


def test_a_word_outside_an_enumeration_is_refused_with_what_there_is() -> None:
    said = refusal("ListModels", {"SortBy": "Colour"})
    constraint = "Member must satisfy enum value set: [Name, CreationTime]"
    assert said == (
        f"1 validation error detected: Value 'Colour' at 'sortBy' failed to satisfy constraint: {constraint}"
    )


TRAINING: dict[str, Any] = {
    "TrainingJobName": "job",
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": "arn:aws:iam::123456789012:role/training",
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {},
}


@pytest.mark.parametrize(
    ("member", "value", "place"),
    [
        ("HyperParameters", {f"h{number}": "0" for number in range(101)}, "hyperParameters"),
        ("HyperParameters", {"note": "x" * 2501}, "hyperParameters.note.member"),
        ("HyperParameters", {"n" * 257: "1"}, f"hyperParameters.{'n' * 257}.key"),
        ("InputDataConfig", [{"ChannelName": "my data", "DataSource": {}}], "inputDataConfig.1.member.channelName"),
        ("InputDataConfig", [{"ChannelName": "n" * 65, "DataSource": {}}], "inputDataConfig.1.member.channelName"),
    ],
)
def test_what_a_training_cannot_hold_is_refused_by_its_place(member: str, value: object, place: str) -> None:
    assert f"at '{place}' failed to satisfy constraint: " in refusal("CreateTrainingJob", TRAINING | {member: value})


def test_all_problems_are_told_at_once() -> None:
    assert refusal("ListModels", {"SortBy": "Colour", "MaxResults": 0}).startswith("2 validation errors detected: ")


def test_a_value_in_a_map_is_named_by_its_key() -> None:
    model = {"ModelName": "model", "PrimaryContainer": {"Environment": {"COLOUR": 1}}}
    assert "at 'primaryContainer.environment.COLOUR.member' failed" in refusal("CreateModel", model)


def test_a_moment_is_read_as_one() -> None:
    shape = operation_model(service="sagemaker", operation="ListModels").input_shape
    assert accepted({"CreationTimeAfter": 0.5}, shape=shape) == {
        "CreationTimeAfter": datetime(1970, 1, 1, 0, 0, 0, 500_000, UTC)
    }


def test_a_moment_that_is_none_is_refused() -> None:
    assert "Member must be a timestamp" in refusal("ListModels", {"CreationTimeAfter": "yesterday"})


def test_members_that_no_client_knows_are_left_out() -> None:
    shape = operation_model(service="sagemaker", operation="ListModels").input_shape
    assert accepted({"SortBy": "Name", "Colour": "red", "SortOrder": None}, shape=shape) == {"SortBy": "Name"}


def test_an_answer_has_seconds_and_known_members_only() -> None:
    shape = operation_model(service="sagemaker", operation="DescribeModel").output_shape
    document = {"ModelName": "model", "CreationTime": datetime(1970, 1, 1, 0, 1, tzinfo=UTC), "Secret": 1}
    assert answered(document, shape=shape) == {"ModelName": "model", "CreationTime": 60.0}


def test_an_operation_without_an_answer_answers_nothing() -> None:
    assert (
        answered({"Secret": 1}, shape=operation_model(service="sagemaker", operation="DeleteModel").output_shape) == {}
    )


def test_an_operation_that_there_is_not_is_refused() -> None:
    with pytest.raises(
        ServiceError, match=r"^MakeCoffee is not in the API model of sagemaker that is known here, of botocore \d"
    ):
        operation_model(service="sagemaker", operation="MakeCoffee")


def given(request: dict[str, Any]) -> Any:
    return accepted(request, shape=operation_model(service="sagemaker", operation="CreateEndpointConfig").input_shape)


def test_a_member_that_was_left_out_and_is_read_is_asked_for_by_its_place() -> None:
    with pytest.raises(ServiceError, match=r"^productionVariants\.1\.member\.instanceType must be given: "):
        given(CONFIG)["ProductionVariants"][0]["InstanceType"]


def test_so_it_is_where_the_request_was_changed() -> None:
    with pytest.raises(ServiceError, match=r"^kmsKeyId must be given: "):
        (given(CONFIG) | {"Tags": []})["KmsKeyId"]
