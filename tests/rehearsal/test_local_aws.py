"""The local AWS as any client meets it: its services, its clock, its credentials."""

import urllib.error
import urllib.request
from datetime import timedelta

import botocore.exceptions
import pytest

from modelyard.rehearsal.session import Connection, RehearsalError
from support.local_aws import SharedLocalAws, allow


def test_a_moved_clock_dates_what_is_stored_afterwards(local_aws: SharedLocalAws) -> None:
    bucket, s3 = local_aws.bucket(), local_aws.client("s3")
    s3.put_object(Bucket=bucket, Key="before", Body=b"")
    local_aws.advance(seconds=3600)
    s3.put_object(Bucket=bucket, Key="after", Body=b"")
    times = {item["Key"]: item["LastModified"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]}
    assert timedelta(minutes=59) < times["after"] - times["before"] < timedelta(minutes=61)


def test_the_date_of_an_answer_is_that_of_the_clock(local_aws: SharedLocalAws) -> None:
    answer = local_aws.client("sts").get_caller_identity()
    hour = answer["ResponseMetadata"]["HTTPHeaders"]["date"].split(" ")[4][:2]
    assert hour in {local_aws.now().strftime("%H"), (local_aws.now() - timedelta(seconds=5)).strftime("%H")}


def test_a_request_without_a_signature_is_refused(local_aws: SharedLocalAws) -> None:
    request = urllib.request.Request(
        local_aws.connection.endpoint, data=b"{}", headers={"X-Amz-Target": "SageMaker.ListModels"}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(request)


def test_an_unknown_control_is_refused_with_what_there_is(local_aws: SharedLocalAws) -> None:
    with pytest.raises(RehearsalError, match="ask for one of now, advance, flush, ignored, effects, grant"):
        local_aws.connection._control("back")


@pytest.mark.parametrize(
    "endpoint", ["https://sagemaker.us-east-1.amazonaws.com", "http://10.0.0.1:80", "http://127.0.0.1.x.org:1"]
)
def test_an_endpoint_that_is_not_loopback_is_refused_in_a_sentence(endpoint: str) -> None:
    with pytest.raises(RehearsalError, match="a rehearsal must stay on the loopback, at http:"):
        Connection(endpoint=endpoint, secret="secret", region="us-east-1")


def test_a_name_that_aws_would_refuse_is_refused_in_its_words(local_aws: SharedLocalAws) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        local_aws.client("sagemaker").create_endpoint(EndpointName="under_score", EndpointConfigName="config")
    assert "1 validation error detected: Value 'under_score' at 'endpointName' failed" in str(refused.value)


def test_a_role_without_a_permission_is_refused_by_its_own_name(local_aws: SharedLocalAws) -> None:
    client = local_aws.assumed("sagemaker", allow("sagemaker:ListModels"))
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.describe_endpoint(EndpointName="someone")
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "is not authorized to perform: sagemaker:DescribeEndpoint on resource: arn:aws:sagemaker" in str(
        refused.value
    )
