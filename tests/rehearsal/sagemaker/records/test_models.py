import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.models import Models
from modelyard.rehearsal.sagemaker.store import Document

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/model"
ARCHIVE = {"S3Uri": "s3://bucket/model.tar.gz", "S3DataType": "S3Object", "CompressionType": "Gzip"}


@pytest.fixture
def models(platform: Platform) -> Models:
    models = Models(platform=platform)
    models.create_model({"ModelName": "churn", "PrimaryContainer": {"Image": "image"}})
    return models


def refusal(error: pytest.ExceptionInfo[ServiceError]) -> tuple[str, str]:
    return error.value.code, error.value.message


def test_a_model_is_described_as_it_was_made(models: Models) -> None:
    described = models.describe_model({"ModelName": "churn"})
    assert described["PrimaryContainer"] == {"Image": "image"}
    assert described["ModelArn"] == f"{ARN}:model/churn"
    assert described["EnableNetworkIsolation"] is False


def test_the_arn_of_a_model_is_in_lower_case(models: Models) -> None:
    made = models.create_model({"ModelName": "Model-Ab", "Containers": [{"Image": "image"}]})
    assert made == {"ModelArn": f"{ARN}:model/model-ab"}


def test_a_models_tags_are_no_part_of_it(models: Models) -> None:
    models.create_model({"ModelName": "tagged", "PrimaryContainer": {}, "Tags": [{"Key": "a", "Value": "b"}]})
    assert "Tags" not in models.describe_model({"ModelName": "tagged"})


def test_a_model_is_not_made_twice(models: Models) -> None:
    with pytest.raises(ServiceError) as error:
        models.create_model({"ModelName": "churn", "PrimaryContainer": {}})
    assert refusal(error) == ("ValidationException", f'Cannot create already existing model "{ARN}:model/churn".')


@pytest.mark.parametrize("containers", [{}, {"PrimaryContainer": {}, "Containers": [{}]}])
def test_a_model_has_one_container_or_a_list_of_them(models: Models, containers: Document) -> None:
    with pytest.raises(ServiceError, match="must have one of PrimaryContainer and Containers"):
        models.create_model({"ModelName": "other", **containers})


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"Containers": []}, "Model other must have 1 to 15 Containers, got 0"),
        ({"Containers": [{}] * 16}, "Model other must have 1 to 15 Containers, got 16"),
        (
            {"Containers": [{"ContainerHostname": "a"}, {}]},
            "ContainerHostname must be given for all containers of model other or for none, got 1 of 2",
        ),
        (
            {"Containers": [{"ContainerHostname": "a"}, {"ContainerHostname": "a"}]},
            "ContainerHostname must be different in each container of model other, got a twice",
        ),
        (
            {"Containers": [{}, {}], "InferenceExecutionConfig": {"Mode": "Direct"}},
            "InferenceExecutionConfig.Mode of model other must be Serial here, got Direct",
        ),
        (
            {"Containers": [{"Environment": {"A": "a" * 16384}}, {"Environment": {"B": "b" * 16384}}]},
            "Environment of all containers of model other must be at most 32768 bytes together, got 32770",
        ),
    ],
)
def test_containers_that_cannot_stand_in_a_row_are_refused(models: Models, request_: Document, sentence: str) -> None:
    with pytest.raises(ServiceError) as error:
        models.create_model({"ModelName": "other", **request_})
    code, message = refusal(error)
    assert code == "ValidationException"
    assert sentence in message


def test_containers_in_a_row_are_described_as_they_were_made(models: Models) -> None:
    containers = [{"Image": "first", "ContainerHostname": "a"}, {"Image": "second", "ContainerHostname": "b"}]
    models.create_model({"ModelName": "row", "Containers": containers})
    assert models.describe_model({"ModelName": "row"})["Containers"] == containers


@pytest.mark.parametrize(
    "container",
    [
        {"ModelDataUrl": "s3://bucket/model.tar.gz"},
        {"ModelDataSource": {"S3DataSource": ARCHIVE}},
    ],
)
def test_a_model_whose_role_cannot_read_its_artifact_is_refused(models: Models, container: Document) -> None:
    with pytest.raises(ServiceError) as error:
        models.create_model({"ModelName": "other", "PrimaryContainer": container, "ExecutionRoleArn": ROLE})
    code, message = refusal(error)
    assert code == "ValidationException"
    assert message.startswith(
        f'Could not access model data at s3://bucket/model.tar.gz. Please ensure that the role "{ROLE}"'
    )


@pytest.mark.parametrize(("kind", "compression"), [("S3Object", "None"), ("S3Prefix", "Gzip")])
def test_an_artifact_of_a_form_that_is_not_rehearsed_is_refused(models: Models, kind: str, compression: str) -> None:
    source = ARCHIVE | {"S3DataType": kind, "CompressionType": compression}
    container = {"ModelDataSource": {"S3DataSource": source}}
    with pytest.raises(ServiceError, match=f"S3Prefix and None here, got {kind} and {compression}"):
        models.create_model({"ModelName": "other", "PrimaryContainer": container})


def test_models_are_listed(models: Models) -> None:
    assert [one["ModelName"] for one in models.list_models({})["Models"]] == ["churn"]


def test_a_deleted_model_is_gone(models: Models) -> None:
    models.delete_model({"ModelName": "churn"})
    with pytest.raises(ServiceError) as error:
        models.describe_model({"ModelName": "churn"})
    assert refusal(error) == ("ValidationException", f'Could not find model "{ARN}:model/churn".')


def test_a_model_that_is_not_there_cannot_be_deleted(models: Models) -> None:
    with pytest.raises(ServiceError, match="Could not find model"):
        models.delete_model({"ModelName": "other"})
