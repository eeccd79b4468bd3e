import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.monitoring.definitions import JobDefinitions
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
ENDPOINT = {"EndpointInput": {"EndpointName": "live", "LocalPath": "/opt/ml/processing/input/endpoint"}}
BATCH = {"BatchTransformInput": {"DataCapturedDestinationS3Uri": "s3://bucket", "LocalPath": "/p", "DatasetFormat": {}}}
KINDS = ["data_quality", "model_quality", "model_bias", "model_explainability"]


@pytest.fixture
def definitions(platform: Platform) -> JobDefinitions:
    return JobDefinitions(platform=platform)


def request(kind: str, **members: Document) -> Document:
    name = "".join(word.capitalize() for word in kind.split("_"))
    return {"JobDefinitionName": "Check-1", f"{name}JobInput": ENDPOINT, "RoleArn": "arn:role", **members}


def call(definitions: JobDefinitions, verb: str, kind: str, asked: Document) -> Document:
    plural = "s" if verb == "list" else ""
    answer: Document = getattr(definitions, f"{verb}_{kind}_job_definition{plural}")(asked)
    return answer


@pytest.mark.parametrize("kind", KINDS)
def test_a_definition_is_described_as_it_was_made(definitions: JobDefinitions, kind: str) -> None:
    made = call(definitions, "create", kind, request(kind))
    assert made == {"JobDefinitionArn": f"{ARN}:{kind.replace('_', '-')}-job-definition/check-1"}
    described = call(definitions, "describe", kind, {"JobDefinitionName": "Check-1"})
    assert described["RoleArn"] == "arn:role"
    assert described["JobDefinitionArn"] == made["JobDefinitionArn"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_definition_is_gone(definitions: JobDefinitions, kind: str) -> None:
    call(definitions, "create", kind, request(kind))
    call(definitions, "delete", kind, {"JobDefinitionName": "Check-1"})
    with pytest.raises(ServiceError, match="does not exist") as error:
        call(definitions, "describe", kind, {"JobDefinitionName": "Check-1"})
    assert error.value.code == "ResourceNotFound"


@pytest.mark.parametrize("kind", KINDS)
def test_definitions_are_listed_by_endpoint(definitions: JobDefinitions, kind: str) -> None:
    call(definitions, "create", kind, request(kind))
    (listed,) = call(definitions, "list", kind, {"EndpointName": "live"})["JobDefinitionSummaries"]
    assert listed["MonitoringJobDefinitionName"] == "Check-1"
    assert call(definitions, "list", kind, {"EndpointName": "other"})["JobDefinitionSummaries"] == []


def test_a_definition_is_not_made_twice(definitions: JobDefinitions) -> None:
    definitions.create_data_quality_job_definition(request("data_quality"))
    with pytest.raises(ServiceError, match="already exists") as error:
        definitions.create_data_quality_job_definition(request("data_quality"))
    assert error.value.code == "ResourceInUse"


@pytest.mark.parametrize("given", [{}, {**ENDPOINT, **BATCH}])
def test_a_definition_has_one_input(definitions: JobDefinitions, given: Document) -> None:
    with pytest.raises(ServiceError, match="must have one of EndpointInput and BatchTransformInput"):
        definitions.create_data_quality_job_definition(request("data_quality", DataQualityJobInput=given))


def test_a_definition_of_batches_has_no_endpoint(definitions: JobDefinitions) -> None:
    definitions.create_data_quality_job_definition(request("data_quality", DataQualityJobInput=BATCH))
    (listed,) = definitions.list_data_quality_job_definitions({})["JobDefinitionSummaries"]
    assert listed["EndpointName"] == ""


def test_a_definition_that_a_schedule_runs_is_not_deleted(definitions: JobDefinitions, platform: Platform) -> None:
    definitions.create_data_quality_job_definition(request("data_quality"))
    schedule = {
        "MonitoringScheduleName": "hourly",
        "MonitoringType": "DataQuality",
        "MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "Check-1"},
    }
    platform.store.table("MonitoringSchedule").add("hourly", schedule)
    with pytest.raises(ServiceError, match="Check-1 is used by Monitoring Schedule hourly") as error:
        definitions.delete_data_quality_job_definition({"JobDefinitionName": "Check-1"})
    assert error.value.code == "ValidationException"
