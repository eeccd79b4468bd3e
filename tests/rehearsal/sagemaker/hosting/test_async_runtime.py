"""What an asynchronous endpoint accepts, where its answers lie, and who is told of them."""

import base64
import json
import queue
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest

from modelyard.rehearsal.faults import Fault
from modelyard.rehearsal.sagemaker.hosting import async_runtime
from modelyard.rehearsal.sagemaker.hosting.async_runtime import AsyncRuntime
from support.endpoints import Endpoints, variant
from support.local_aws import allow
from support.served_endpoint import Served
from support.whole_requests import unchecked

PATIENCE_SECONDS = 30.0

SLOW = """
    import time

    def model_fn(model_dir):
        return None

    def transform_fn(model, body, content_type, accept):
        time.sleep(float(body))
        return "awake", "text/plain"
"""


class Topic:
    """A topic whose messages a queue keeps."""

    def __init__(self, host: Endpoints) -> None:
        self._sqs, sns, name = host.aws.client("sqs"), host.aws.client("sns"), host.aws.name("told")
        self.arn = sns.create_topic(Name=name)["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn, "Principal": {"AWS": "*"}}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": policy})
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=arn)

    def message(self) -> Any:
        (found,) = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=1, WaitTimeSeconds=20)[
            "Messages"
        ]
        self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=found["ReceiptHandle"])
        return json.loads(json.loads(found["Body"])["Message"])


class Asynchronous:
    """An asynchronous endpoint whose model multiplies by three, and its topics."""

    def __init__(self, host: Endpoints, *, role: str | None = None, program: str | None = None) -> None:
        self.host = host
        self.success, self.error = Topic(host), Topic(host)
        told = ["SUCCESS_NOTIFICATION_TOPIC", "ERROR_NOTIFICATION_TOPIC"]
        topics = {"SuccessTopic": self.success.arn, "ErrorTopic": self.error.arn, "IncludeInferenceResponseIn": told}
        output = {"S3OutputPath": f"s3://{host.bucket}/answers", "S3FailurePath": f"s3://{host.bucket}/failures/"}
        self.config = {"OutputConfig": output | {"NotificationConfig": topics}}
        model = host.model("3", role=role) if program is None else host.model("3", role=role, program=program)
        self.name = host.endpoint(host.config(variant(model), AsyncInferenceConfig=self.config))

    def put(self, body: str) -> str:
        key = self.host.aws.name("input")
        self.host.aws.client("s3").put_object(Bucket=self.host.bucket, Key=key, Body=body)
        return f"s3://{self.host.bucket}/{key}"

    def ask(self, **members: Any) -> Any:
        return self.host.runtime.invoke_endpoint_async(EndpointName=self.name, **{"ContentType": "text/csv"} | members)

    def read(self, location: str) -> Any:
        key = location.removeprefix(f"s3://{self.host.bucket}/")
        self.host.until(lambda: bool(self.host.objects(key)))
        return self.host.aws.client("s3").get_object(Bucket=self.host.bucket, Key=key)


@pytest.fixture
def asynchronously(served: Served) -> Iterator[AsyncRuntime]:
    """The asynchronous side of an endpoint in this process, which is sent one request at a time."""
    served.declare()
    topics = {"SuccessTopic": "arn:success", "ErrorTopic": "arn:error"}
    served.platform.store.table("EndpointConfig").get("config")["AsyncInferenceConfig"] = {
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 1},
        "OutputConfig": {"NotificationConfig": topics},
    }
    served.create()
    made = AsyncRuntime(platform=served.platform, endpoints=served.endpoints, runtime=served.runtime)
    yield made
    made.close()


@pytest.fixture(scope="module")
def asynchronous(host: Endpoints) -> Asynchronous:
    return Asynchronous(host)


def refusal(asynchronous: Asynchronous, **members: Any) -> Any:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        asynchronous.ask(**members)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    return refused.value.response["Error"]["Message"]


def test_a_request_is_accepted_and_its_answer_lies_where_it_is_said_to(asynchronous: Asynchronous) -> None:
    accepted = asynchronous.ask(InputLocation=asynchronous.put("2"), InferenceId="mine")
    assert accepted["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert accepted["InferenceId"] == "mine"
    assert accepted["OutputLocation"].startswith(f"s3://{asynchronous.host.bucket}/answers/")
    assert accepted["OutputLocation"].endswith(".out")
    answer = asynchronous.read(accepted["OutputLocation"])
    assert (answer["Body"].read(), answer["ContentType"]) == (b"6.0", "text/csv; charset=utf-8")
    asynchronous.success.message()


def test_a_topic_is_told_of_an_answer_and_has_it(asynchronous: Asynchronous) -> None:
    location = asynchronous.put("3")
    accepted = asynchronous.ask(InputLocation=location)
    told = asynchronous.success.message()
    assert told["eventTime"] >= told["receivedTime"]
    assert told | {"eventTime": "", "receivedTime": ""} == {
        "awsRegion": asynchronous.host.aws.connection.region,
        "eventTime": "",
        "receivedTime": "",
        "invocationStatus": "Completed",
        "requestParameters": {
            "contentType": "text/csv",
            "inputLocation": location,
            "endpointName": asynchronous.name,
        },
        "responseParameters": {
            "contentType": "text/csv; charset=utf-8",
            "outputLocation": accepted["OutputLocation"],
        },
        "responseBody": {"content": base64.b64encode(b"9.0").decode(), "encoding": "BASE64"},
        "inferenceId": accepted["InferenceId"],
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def test_what_fails_is_written_and_told_of(asynchronous: Asynchronous) -> None:
    accepted = asynchronous.ask(InputLocation=asynchronous.put("fail"))
    assert accepted["FailureLocation"].startswith(f"s3://{asynchronous.host.bucket}/failures/")
    assert accepted["FailureLocation"].endswith("-error.out")
    assert b"the model is lost" in asynchronous.read(accepted["FailureLocation"])["Body"].read()
    told = asynchronous.error.message()
    assert told["invocationStatus"] == "Failed"
    assert told["failureReason"] == (
        "ClientError: Received server error (500) from model. See the SageMaker Endpoint logs in your account for more "
        "information."
    )


def test_an_input_that_is_not_there_fails(asynchronous: Asynchronous) -> None:
    asynchronous.ask(InputLocation=f"s3://{asynchronous.host.bucket}/nothing")
    told = asynchronous.error.message()
    assert told["failureReason"].startswith("ClientError: An error occurred (NoSuchKey)")
    assert "responseParameters" not in told


def test_a_body_may_be_sent_along(asynchronous: Asynchronous) -> None:
    accepted = asynchronous.ask(Body=b"4", S3OutputPathExtension="today", Filename="four.csv")
    assert accepted["OutputLocation"] == f"s3://{asynchronous.host.bucket}/answers/today/four.csv"
    assert asynchronous.read(accepted["OutputLocation"])["Body"].read() == b"12.0"
    asynchronous.success.message()


@pytest.mark.parametrize("members", [{}, {"Body": b"1", "InputLocation": "s3://bucket/key"}])
def test_a_request_has_one_input(asynchronous: Asynchronous, members: dict[str, Any]) -> None:
    assert "one of Body and InputLocation must be given" in refusal(asynchronous, **members)


def test_requests_and_answers_are_captured(host: Endpoints) -> None:
    capture = {
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{host.bucket}/capture",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    output = {"OutputConfig": {"S3OutputPath": f"s3://{host.bucket}/answers"}}
    name = host.endpoint(host.config(variant(host.model("3")), AsyncInferenceConfig=output, DataCaptureConfig=capture))
    host.runtime.invoke_endpoint_async(EndpointName=name, Body=b"2", ContentType="text/csv", InferenceId="mine")
    host.until(lambda: bool(host.captured(name)))
    (record,) = host.captured(name)
    assert record["captureData"]["endpointInput"]["data"] == "2"
    assert record["captureData"]["endpointOutput"]["data"] == "6.0"
    assert record["eventMetadata"]["inferenceId"] == "mine"


def test_an_answer_has_a_key_that_s3_takes(host: Endpoints) -> None:
    output = {"S3OutputPath": f"s3://{host.bucket}/{'a' * 480}"}
    name = host.endpoint(host.config(variant(host.model()), AsyncInferenceConfig={"OutputConfig": output}))
    with pytest.raises(botocore.exceptions.ClientError, match="an S3 key must have at most 1,024 bytes"):
        host.runtime.invoke_endpoint_async(EndpointName=name, Body=b"1", S3OutputPathExtension="b" * 512)


def test_a_body_has_128_000_bytes_at_most(asynchronous: Asynchronous) -> None:
    assert "Member must have length less than or equal to 128000" in refusal(asynchronous, Body=b"1" * 128_001)


def test_a_request_that_breaks_a_rule_is_refused_by_its_place(asynchronous: Asynchronous) -> None:
    runtime = unchecked(asynchronous.host.aws, "sagemaker-runtime")
    place = "'requestTTLSeconds' failed to satisfy constraint: Member must have value greater than"
    with pytest.raises(botocore.exceptions.ClientError, match=place):
        runtime.invoke_endpoint_async(EndpointName=asynchronous.name, Body=b"1", RequestTTLSeconds=1)


def test_a_header_that_nothing_here_reads_is_refused(served: Served, asynchronously: AsyncRuntime) -> None:
    headers = {"X-Amzn-SageMaker-Colour": "red"}
    answer = asynchronously.invoke(endpoint="churn", body=b"1", headers=headers)
    assert json.loads(answer.body)["Message"] == "x-amzn-sagemaker-colour is not rehearsed; leave it out"


def test_a_request_that_has_waited_too_long_fails(
    served: Served, asynchronously: AsyncRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: queue.Queue[Any] = queue.Queue()
    monkeypatch.setattr(async_runtime, "publish", lambda told, **_: heard.put(told))
    headers = {"X-Amzn-SageMaker-Content-Type": "text/csv", "X-Amzn-SageMaker-RequestTTLSeconds": "60"}
    asynchronously.invoke(endpoint="churn", body=b"slow", headers=headers)
    asynchronously.invoke(endpoint="churn", body=b"1", headers=headers)
    served.platform.clock.advance(seconds=120, timeout=0.01)
    ends = [heard.get(timeout=PATIENCE_SECONDS) for _ in range(2)]
    assert [end["invocationStatus"] for end in ends] == ["Completed", "Failed"]
    assert ends[1]["failureReason"] == "ClientError: the request has waited longer than RequestTTLSeconds"


def test_what_waits_is_counted_each_minute(
    served: Served, asynchronously: AsyncRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    put: queue.Queue[Any] = queue.Queue()

    class CloudWatch:
        def put_metric_data(self, *, Namespace: str, MetricData: Any) -> None:  # noqa: N803
            for datum in MetricData:
                if datum["MetricName"].startswith("Approximate"):
                    put.put((Namespace, datum["MetricName"], datum["Dimensions"], datum["Value"]))

    monkeypatch.setattr(served.platform.identities, "own_client", lambda **_: CloudWatch())
    for _ in range(2):
        asynchronously.invoke(endpoint="churn", body=b"slow", headers={"X-Amzn-SageMaker-Content-Type": "text/csv"})
    served.platform.clock.advance(seconds=60, timeout=0.01)
    dimensions = [{"Name": "EndpointName", "Value": "churn"}]
    assert [put.get(timeout=PATIENCE_SECONDS) for _ in range(2)] == [
        ("AWS/SageMaker", "ApproximateBacklogSize", dimensions, 2),
        ("AWS/SageMaker", "ApproximateBacklogSizePerInstance", dimensions, 2.0),
    ]


def test_who_may_not_publish_has_it_in_the_log(host: Endpoints) -> None:
    asynchronous = Asynchronous(host, role=host.limited(allow("s3:*", "logs:*")))
    asynchronous.read(asynchronous.ask(Body=b"1")["OutputLocation"])
    logs, group = host.aws.client("logs"), f"/aws/sagemaker/Endpoints/{asynchronous.name}"

    def lines() -> str:
        host.aws.connection.flush()
        return str(logs.filter_log_events(logGroupName=group, logStreamNamePrefix="primary/data-log")["events"])

    host.until(lambda: "nobody is told of it: An error occurred (AuthorizationError)" in lines())


def test_an_asynchronous_endpoint_is_asked_in_no_other_way(asynchronous: Asynchronous) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="answers asynchronously; call InvokeEndpointAsync"):
        asynchronous.host.invoke(asynchronous.name)


def test_an_endpoint_in_real_time_is_not_asked_asynchronously(asynchronous: Asynchronous) -> None:
    host = asynchronous.host
    with pytest.raises(botocore.exceptions.ClientError, match="has no AsyncInferenceConfig; call InvokeEndpoint"):
        host.runtime.invoke_endpoint_async(EndpointName=host.served(), InputLocation="s3://bucket/key")


def test_an_endpoint_is_described_with_its_configuration(asynchronous: Asynchronous) -> None:
    assert asynchronous.host.describe(asynchronous.name)["AsyncInferenceConfig"] == asynchronous.config


def test_a_fault_is_of_the_operation_that_it_names(asynchronous: Asynchronous) -> None:
    connection = asynchronous.host.aws.connection
    for operation in ("InvokeEndpoint", "InvokeEndpointAsync"):
        error = f"Broken{operation}"
        connection.inject(Fault(service="sagemaker", operation=operation, contains=asynchronous.name, error=error))
    with pytest.raises(botocore.exceptions.ClientError, match="BrokenInvokeEndpointAsync"):
        asynchronous.ask(Body=b"1")
    connection.clear_faults()


def test_the_caller_must_be_allowed_to_call_asynchronously(asynchronous: Asynchronous) -> None:
    runtime = asynchronous.host.aws.assumed("sagemaker-runtime", allow("sagemaker:InvokeEndpoint"))
    with pytest.raises(botocore.exceptions.ClientError, match="sagemaker:InvokeEndpointAsync"):
        runtime.invoke_endpoint_async(EndpointName=asynchronous.name, Body=b"1")


def test_an_answer_that_the_role_may_not_write_is_a_failure(host: Endpoints) -> None:
    readonly = host.limited(allow("s3:GetObject", "s3:ListBucket", "sns:Publish", "logs:*"))
    asynchronous = Asynchronous(host, role=readonly)
    asynchronous.ask(Body=b"1")
    assert "AccessDenied" in asynchronous.error.message()["failureReason"]


def test_who_takes_too_long_fails(host: Endpoints) -> None:
    asynchronous = Asynchronous(host, program=SLOW)
    asynchronous.ask(Body=b"30", InvocationTimeoutSeconds=1)
    assert "timed out" in asynchronous.error.message()["failureReason"]
