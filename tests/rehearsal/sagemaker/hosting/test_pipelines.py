"""Models of several containers: what one answers, the next is asked."""

from typing import Any

import botocore.exceptions
import pytest

from support.endpoints import Endpoints, variant


@pytest.fixture(scope="module")
def endpoint(host: Endpoints) -> str:
    """An endpoint that multiplies by three, then by four, and captures everything."""
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{host.bucket}/pipeline",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    model = host.pipeline(threefold="3", fourfold="4")
    return host.endpoint(host.config(variant(model), DataCaptureConfig=capture))


def refusal(host: Endpoints, endpoint: str, body: str) -> Any:
    with pytest.raises(botocore.exceptions.ClientError) as error:
        host.invoke(endpoint, body)
    return error.value.response


def test_what_the_first_answers_the_second_is_asked(host: Endpoints, endpoint: str) -> None:
    assert host.invoke(endpoint, "2") == "24.0"


def test_a_container_that_fails_is_named_with_its_status(host: Endpoints, endpoint: str) -> None:
    answer = refusal(host, endpoint, "fail")

    assert answer["Error"]["Code"] == "ModelError"
    assert answer["OriginalStatusCode"] == 500
    assert 'Received server error (500) from threefold with message "' in answer["Error"]["Message"]


def test_the_second_container_fails_at_what_the_first_answered(host: Endpoints) -> None:
    endpoint = host.endpoint(host.config(variant(host.pipeline(once="1", broken="500"))))

    assert "from broken with message" in refusal(host, endpoint, "2")["Error"]["Message"]


def test_what_is_captured_is_the_first_request_and_the_last_answer(host: Endpoints, endpoint: str) -> None:
    host.invoke(endpoint, "7", InferenceId="seven")

    records = [one for one in host.captured(endpoint, under="pipeline") if one["eventMetadata"].get("inferenceId")]
    (record,) = [one for one in records if one["eventMetadata"]["inferenceId"] == "seven"]
    assert record["captureData"]["endpointInput"]["data"] == "7"
    assert record["captureData"]["endpointOutput"]["data"] == "84.0"


def test_each_container_has_a_process_and_a_stream_of_its_own(host: Endpoints, endpoint: str) -> None:
    logs = host.aws.client("logs")
    host.aws.connection.flush()
    group = f"/aws/sagemaker/Endpoints/{endpoint}"

    streams = [one["logStreamName"] for one in logs.describe_log_streams(logGroupName=group)["logStreams"]]
    loaded = {
        name.rpartition("/")[2]: [
            event["message"] for event in logs.get_log_events(logGroupName=group, logStreamName=name)["events"]
        ]
        for name in streams
    }
    assert loaded.keys() == {"threefold", "fourfold"}
    assert "loaded weight 3" in loaded["threefold"]
    assert "loaded weight 4" in loaded["fourfold"]


def test_the_latency_of_each_container_is_measured(host: Endpoints, endpoint: str) -> None:
    host.invoke(endpoint, "1")
    host.aws.connection.flush()

    cloudwatch = host.aws.client("cloudwatch")
    metrics = cloudwatch.list_metrics(Namespace="AWS/SageMaker", MetricName="ContainerLatency")["Metrics"]
    named = [{one["Name"]: one["Value"] for one in metric["Dimensions"]} for metric in metrics]
    assert {one["ContainerName"] for one in named if one["EndpointName"] == endpoint} == {"threefold", "fourfold"}


def test_an_endpoint_whose_second_container_does_not_load_fails_by_its_name(host: Endpoints) -> None:
    endpoint = host.begin(host.config(variant(host.pipeline(once="1", torn="broken"))))

    described = host.settled(endpoint)
    assert described["EndpointStatus"] == "Failed"
    assert described["FailureReason"].startswith(
        "The torn container for production variant primary did not pass the ping health check."
    )


def test_an_endpoint_s_description_has_the_image_of_each_container(host: Endpoints, endpoint: str) -> None:
    (shown,) = host.describe(endpoint)["ProductionVariants"]

    assert len(shown["DeployedImages"]) == 2


def test_a_pipeline_is_served_by_no_serverless_endpoint(host: Endpoints) -> None:
    serverless = {
        "VariantName": "primary",
        "ModelName": host.pipeline(once="1", twice="2"),
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
    }

    with pytest.raises(botocore.exceptions.ClientError, match="an inference pipeline"):
        host.begin(host.config(serverless))
