"""Which callers the services of ours answer, and where."""

import http.client
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import botocore.exceptions
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from modelyard.rehearsal.clients import make_client
from support.endpoints import Endpoints, variant
from support.local_aws import SharedLocalAws, allow
from support.raw_requests import signed

ONCE = Config(retries={"max_attempts": 0})


@pytest.mark.parametrize(
    ("service", "operation", "request_"),
    [
        ("sagemaker", "list_models", {}),
        ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "any", "Body": b"1"}),
        ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "sagemaker"}),
        ("service-quotas", "list_service_quotas", {"ServiceCode": "sagemaker"}),
    ],
)
def test_a_caller_of_another_region_finds_nothing_of_this_one_s(
    local_aws: SharedLocalAws, service: str, operation: str, request_: dict[str, object]
) -> None:
    place = local_aws.connection
    elsewhere = make_client(
        service, endpoint=place.endpoint, region="eu-west-1", key=place.account, secret=place.secret
    )
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        getattr(elsewhere, operation)(**request_)
    assert refused.value.response["Error"]["Message"] == (
        "the region must be us-east-1, which is this local AWS's, got eu-west-1; name that region, or start another "
        "local AWS: rehearsal serve --region eu-west-1"
    )


def test_nothing_answers_at_a_path_of_an_endpoint_that_is_no_operation_s(local_aws: SharedLocalAws) -> None:
    runtime = local_aws.client("sagemaker-runtime")

    def elsewhere(request: AWSRequest, **_: object) -> None:
        request.url += "-elsewhere"

    runtime.meta.events.register("before-sign.sagemaker-runtime.InvokeEndpoint", elsewhere)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        runtime.invoke_endpoint(EndpointName="any", Body=b"1")
    assert refused.value.response["Error"]["Message"] == "nothing answers at /endpoints/any/invocations-elsewhere"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.fixture(scope="module")
def endpoint(host: Endpoints) -> str:
    """An endpoint of two instances that triples a number, and captures everything."""
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{host.bucket}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }
    return host.endpoint(host.config(variant(host.model(), count=2), DataCaptureConfig=capture))


def test_a_permission_that_is_taken_away_is_refused_at_the_next_request(host: Endpoints, endpoint: str) -> None:
    iam, name = host.aws.client("iam"), host.aws.name("user")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    place = {"endpoint": host.aws.connection.endpoint, "region": "us-east-1"}
    runtime = make_client(
        "sagemaker-runtime", **place, key=key["AccessKeyId"], secret=key["SecretAccessKey"], config=ONCE
    )
    policy = {"UserName": name, "PolicyName": "ask"}
    document = {"Statement": [allow("sagemaker:InvokeEndpoint", on=f"arn:aws:sagemaker:*:*:endpoint/{endpoint}")]}

    def answers() -> list[str]:
        codes = []
        for _ in range(3):
            try:
                runtime.invoke_endpoint(EndpointName=endpoint, Body=b"2", ContentType="text/csv")
                codes.append("answered")
            except botocore.exceptions.ClientError as error:
                codes.append(error.response["Error"]["Code"])
        return codes

    assert answers() == ["AccessDeniedException"] * 3
    iam.put_user_policy(**policy, PolicyDocument=json.dumps(document))
    assert answers() == ["answered"] * 3
    iam.delete_user_policy(**policy)
    assert answers() == ["AccessDeniedException"] * 3
    iam.put_user_policy(**policy, PolicyDocument=json.dumps(document))
    assert answers() == ["answered"] * 3
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert "answered" not in answers()


def test_each_request_on_a_connection_is_verified(host: Endpoints, endpoint: str) -> None:
    target, place = f"/endpoints/{endpoint}/invocations", host.aws.connection
    headers = signed(place, "POST", target, service="sagemaker", body=b"2", headers={"Content-Type": "text/csv"})
    with closing(http.client.HTTPConnection("127.0.0.1", int(place.endpoint.rpartition(":")[2]))) as connection:
        answers = []
        for body in (b"2", b"2", b"3", b"2"):
            connection.request("POST", target, body=body, headers=headers)
            answer = connection.getresponse()
            answers.append((answer.status, "InvalidSignatureException" in answer.read().decode()))
    # AWS, too, takes a request twice for as long as its signature is of now.
    assert answers == [(200, False), (200, False), (403, True), (200, False)]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, None),
        ({"Bool": {"aws:SecureTransport": "false"}}, "AccessDeniedException"),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, None),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "AccessDeniedException"),
    ],
)
def test_a_condition_on_the_way_of_a_request_is_held_against_it(
    host: Endpoints, endpoint: str, condition: dict[str, dict[str, str]], code: str | None
) -> None:
    client = host.aws.assumed("sagemaker-runtime", allow("sagemaker:InvokeEndpoint") | {"Condition": condition})
    refused = None
    try:
        client.invoke_endpoint(EndpointName=endpoint, Body=b"2", ContentType="text/csv")
    except botocore.exceptions.ClientError as error:
        refused = error.response["Error"]["Code"]
    assert refused == code


def test_an_answer_of_an_endpoint_has_an_id_of_its_own(host: Endpoints, endpoint: str) -> None:
    answers = [host.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"2", ContentType="text/csv") for _ in range(2)]
    ids = {answer["ResponseMetadata"]["RequestId"] for answer in answers}
    assert len(ids) == 2
    assert all(uuid.UUID(one).version == 4 for one in ids)


def test_every_one_of_many_requests_at_once_is_answered_captured_and_counted(host: Endpoints, endpoint: str) -> None:
    host.aws.advance(seconds=60)
    bodies = [str(1000 + number) for number in range(200)]
    with ThreadPoolExecutor(max_workers=16) as pool:
        answers = list(pool.map(lambda body: host.invoke(endpoint, body), bodies))
    assert answers == [str(3.0 * float(body)) for body in bodies]

    records = [record["captureData"] for record in host.captured(endpoint)]
    pairs = {record["endpointInput"]["data"]: record["endpointOutput"]["data"] for record in records}
    assert {body: pairs.get(body) for body in bodies} == dict(zip(bodies, answers, strict=True))
    now = host.aws.now()
    counted = host.aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "primary"}],
        StartTime=now - timedelta(seconds=59),
        EndTime=now + timedelta(seconds=60),
        Period=60,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in counted["Datapoints"]) == len(bodies)
