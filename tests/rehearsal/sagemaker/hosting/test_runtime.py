"""What an endpoint answers, and what becomes of its requests."""

import json
from collections import Counter
from typing import Any

import botocore.exceptions
import pytest

from modelyard.drift.reading.records import read_record, record_rows
from modelyard.rehearsal.sagemaker.hosting import runtime
from support.endpoints import Endpoints, variant
from support.served_endpoint import Served

CAPTURE_TYPES = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def capture(
    host: Endpoints, *, percent: int = 100, mode: str = "InputAndOutput", to: str = "capture"
) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": percent,
        "DestinationS3Uri": f"s3://{host.bucket}/{to}",
        "CaptureOptions": [{"CaptureMode": mode}],
        "CaptureContentTypeHeader": CAPTURE_TYPES,
    }


@pytest.fixture(scope="module")
def endpoint(host: Endpoints) -> str:
    """An endpoint of one instance, which multiplies by three and captures everything."""
    return host.endpoint(host.config(variant(host.model("3")), DataCaptureConfig=capture(host)))


def refused(host: Endpoints, endpoint: str, body: str | bytes = "2", **members: Any) -> Any:
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        host.invoke(endpoint, body, **members)
    return refusal.value.response


def test_an_endpoint_answers_by_its_model(host: Endpoints, endpoint: str) -> None:
    answer = host.runtime.invoke_endpoint(EndpointName=endpoint, Body="2", ContentType="text/csv")

    assert answer["Body"].read() == b"6.0"
    assert answer["ContentType"] == "text/csv; charset=utf-8"
    assert answer["InvokedProductionVariant"] == "primary"


def test_an_inference_id_has_64_characters_at_most(host: Endpoints, endpoint: str) -> None:
    answer = refused(host, endpoint, InferenceId="a" * 65)

    assert answer["Error"]["Code"] == "ValidationError"
    assert "'inferenceId'" in answer["Error"]["Message"]
    assert host.invoke(endpoint, InferenceId="a" * 64) == "6.0"


def test_another_way_of_calling_is_refused_by_its_name(host: Endpoints, endpoint: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as refusal:
        host.runtime.invoke_endpoint_with_response_stream(EndpointName=endpoint, Body="2")

    assert refusal.value.response["Error"] == {
        "Code": "ValidationError",
        "Message": "InvokeEndpointWithResponseStream is not rehearsed; call InvokeEndpoint",
    }


def test_a_process_has_its_containers_environment(host: Endpoints, endpoint: str) -> None:
    assert host.invoke(endpoint, "colour") == "red"


def test_a_process_has_the_credentials_of_its_role(host: Endpoints, endpoint: str) -> None:
    assert host.invoke(endpoint, "key").startswith("ASIA")


def test_an_endpoint_is_described_as_it_stands(host: Endpoints, endpoint: str) -> None:
    described = host.describe(endpoint)
    (shown,) = described["ProductionVariants"]

    assert described["EndpointStatus"] == "InService"
    assert described["EndpointArn"].endswith(f":endpoint/{endpoint}")
    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (1, 1)
    assert (shown["CurrentWeight"], shown["DesiredWeight"]) == (1.0, 1.0)
    assert shown["DeployedImages"][0]["SpecifiedImage"].endswith("sagemaker-scikit-learn:1.9-0-cpu-py3")
    assert described["DataCaptureConfig"]["CaptureStatus"] == "Started"
    assert "PendingDeploymentSummary" not in described


def test_an_endpoint_is_listed(host: Endpoints, endpoint: str) -> None:
    assert endpoint in host.endpoints()


def test_an_endpoint_that_is_not_there_is_not_found(host: Endpoints) -> None:
    response = refused(host, "nobody")

    assert response["Error"]["Code"] == "ValidationError"
    assert response["Error"]["Message"] == f"Endpoint nobody of account {host.aws.connection.account} not found."
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_model_that_fails_is_a_model_error(host: Endpoints, endpoint: str) -> None:
    response = refused(host, endpoint, "fail")

    assert response["Error"]["Code"] == "ModelError"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == 500
    assert "the model is lost" in response["OriginalMessage"]
    assert response["LogStreamArn"].endswith(f"log-group:/aws/sagemaker/Endpoints/{endpoint}")
    assert response["Error"]["Message"].startswith('Received server error (500) from primary with message "')


def test_a_body_of_more_than_six_megabytes_is_refused(host: Endpoints, endpoint: str) -> None:
    response = refused(host, endpoint, b"1" * (6 * 1024**2 + 1))

    assert response["Error"]["Code"] == "ValidationError"
    assert "Member must have length less than or equal to 6291456" in response["Error"]["Message"]


def test_what_is_not_rehearsed_is_refused(host: Endpoints, endpoint: str) -> None:
    response = refused(host, endpoint, EnableExplanations="`true`")

    assert "x-amzn-sagemaker-enable-explanations is not rehearsed" in response["Error"]["Message"]


def test_an_unknown_target_variant_is_refused(host: Endpoints, endpoint: str) -> None:
    response = refused(host, endpoint, TargetVariant="nobody")

    assert response["Error"]["Code"] == "ValidationError"
    assert 'The variant name(s) "nobody" is/are not present' in response["Error"]["Message"]


def test_a_request_and_its_answer_are_captured(host: Endpoints, endpoint: str) -> None:
    host.invoke(endpoint, "17", InferenceId="mine", CustomAttributes="trace=1")

    (record,) = [one for one in host.captured(endpoint) if one["eventMetadata"].get("inferenceId") == "mine"]
    assert record["captureData"]["endpointInput"]["data"] == "17"
    assert record["captureData"]["endpointOutput"]["data"] == "51.0"
    assert record["eventMetadata"]["customAttributes"] == ["trace=1"]


def test_drift_reads_the_captured_records(host: Endpoints, endpoint: str) -> None:
    host.invoke(endpoint, "19")
    host.captured(endpoint)
    lines = [line for text in host.objects(f"capture/{endpoint}/").values() for line in text.splitlines()]
    read = [record_rows(record=read_record(line=line), sides=("endpointInput", "endpointOutput")) for line in lines]

    assert [(["57.0"], ["19"])] in read


def test_captured_records_lie_in_the_folder_of_their_hour(host: Endpoints, endpoint: str) -> None:
    before = host.aws.now()
    host.invoke(endpoint)
    host.captured(endpoint)

    assert host.objects(f"capture/{endpoint}/primary/{before:%Y/%m/%d/%H}/")


def test_an_advanced_hour_puts_later_records_into_a_later_folder(host: Endpoints, endpoint: str) -> None:
    host.invoke(endpoint)
    host.aws.advance(seconds=3600)
    host.invoke(endpoint)
    host.captured(endpoint)

    hours = {key.rsplit("/", 1)[0] for key in host.objects(f"capture/{endpoint}/")}
    assert len(hours) >= 2


def test_failed_requests_are_not_captured(host: Endpoints, endpoint: str) -> None:
    refused(host, endpoint, "fail")

    assert all(record["captureData"]["endpointInput"]["data"] != "fail" for record in host.captured(endpoint))


def test_what_a_container_prints_is_in_its_log(host: Endpoints, endpoint: str) -> None:
    host.aws.connection.flush()
    logs, group = host.aws.client("logs"), f"/aws/sagemaker/Endpoints/{endpoint}"
    events = logs.filter_log_events(logGroupName=group)["events"]

    assert "loaded weight 3" in [event["message"] for event in events]
    assert events[0]["logStreamName"].startswith("primary/i-")


def test_requests_are_counted_in_cloudwatch(host: Endpoints, endpoint: str) -> None:
    host.aws.advance(seconds=60)
    for body in ("1", "2", "fail"):
        try:
            host.invoke(endpoint, body)
        except botocore.exceptions.ClientError:
            continue
    host.aws.connection.flush()

    assert total(host, endpoint, "Invocations") == 3
    assert total(host, endpoint, "Invocation5XXErrors") == 1
    assert total(host, endpoint, "Invocation4XXErrors") == 0
    assert total(host, endpoint, "ModelLatency") > 3 * 100


def total(host: Endpoints, endpoint: str, metric: str) -> float:
    now = host.aws.now()
    answer = host.aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "primary"}],
        StartTime=now.replace(second=0, microsecond=0),
        EndTime=now.replace(second=59),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def test_traffic_is_split_by_weight_and_a_target_variant_gets_it_all(host: Endpoints) -> None:
    light = variant(host.model("2"), name="light", weight=1)
    heavy = variant(host.model("3"), name="heavy", weight=3)
    endpoint = host.endpoint(host.config(light, heavy))

    answers = Counter(host.invoke(endpoint, "1") for _ in range(80))
    assert set(answers) == {"2.0", "3.0"}
    assert 45 <= answers["3.0"] <= 75
    assert {host.invoke(endpoint, "1", TargetVariant="light") for _ in range(5)} == {"2.0"}


def test_a_shadow_gets_copies_and_its_answers_are_captured_and_dropped(host: Endpoints) -> None:
    shadow = variant(host.model("5"), name="shadow")
    config = host.config(
        variant(host.model("3")), ShadowProductionVariants=[shadow], DataCaptureConfig=capture(host, to="shadowed")
    )
    endpoint = host.endpoint(config)

    assert [host.invoke(endpoint, "1") for _ in range(3)] == ["3.0"] * 3
    host.until(lambda: len(host.captured(endpoint, under="shadowed")) == 6)
    answers = Counter(one["captureData"]["endpointOutput"]["data"] for one in host.captured(endpoint, under="shadowed"))
    assert answers == {"3.0": 3, "5.0": 3}
    assert host.objects(f"shadowed/{endpoint}/shadow/")
    assert host.describe(endpoint)["ShadowProductionVariants"][0]["VariantName"] == "shadow"


def test_a_container_that_does_not_answer_in_time_is_a_model_error(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.serve()
    monkeypatch.setattr(runtime, "ANSWER_SECONDS", 0.2)
    answer = served.ask("slow")
    document = json.loads(answer.body)

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (424, "ModelError")
    assert document["OriginalStatusCode"] == 0
    assert document["Message"].startswith(
        'Received server error (0) from primary with message "Your invocation timed out while waiting for a response '
        "from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue"
    )


def test_a_container_that_breaks_off_is_a_model_error(served: Served) -> None:
    served.serve()
    answer = served.ask("die")

    assert answer.status == 424
    assert json.loads(answer.body)["OriginalStatusCode"] == 500


def test_without_an_instance_the_service_is_unavailable(served: Served) -> None:
    served.serve()
    serving = served.endpoints.find("churn").serving
    assert serving is not None
    serving.stop(grace=1)
    answer = served.ask()

    assert (answer.status, answer.headers["x-amzn-errortype"]) == (503, "ServiceUnavailable")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [("refuse", 418, "CLIENT_ERROR_FROM_MODEL"), ("fail", 500, "INTERNAL_FAILURE_FROM_MODEL")],
)
def test_whose_fault_a_model_error_is_stands_in_its_code(served: Served, body: str, status: int, code: str) -> None:
    served.serve()
    document = json.loads(served.ask(body).body)

    assert (document["OriginalStatusCode"], document["ErrorCode"]) == (status, code)


def test_headers_count_in_any_case(served: Served) -> None:
    served.serve()
    answer = served.ask("1", **{"X-AMZN-SageMaker-Target-Variant": "primary"})

    assert (answer.status, answer.body) == (200, b"2.0")
    assert answer.headers["x-Amzn-Invoked-Production-Variant"] == "primary"
