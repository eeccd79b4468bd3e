"""What policies decide: about metrics of one namespace, and as it is told of roles."""

from typing import Any

import botocore.exceptions
import pytest

from rehearsed import Rehearsed, allow

POINT: dict[str, Any] = {"MetricName": "Violations", "Value": 1.0}


@pytest.fixture(scope="module")
def client(local_aws: Rehearsed) -> Any:
    only = {"StringEquals": {"cloudwatch:namespace": "Modelyard"}}
    return local_aws.assumed("cloudwatch", allow("cloudwatch:PutMetricData") | {"Condition": only})


def test_metrics_of_the_namespace_are_taken(client: Any) -> None:
    answer = client.put_metric_data(Namespace="Modelyard", MetricData=[POINT])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_metrics_of_another_namespace_are_refused(client: Any) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="not authorized to perform: cloudwatch:PutMetricData"):
        client.put_metric_data(Namespace="Elsewhere", MetricData=[POINT])


def test_the_decisions_about_roles_are_told_once_each(local_aws: Rehearsed) -> None:
    local_aws.connection.decisions()
    bucket = local_aws.bucket()
    s3 = local_aws.assumed("s3", allow("s3:GetBucketLocation"))
    for _ in range(2):
        s3.get_bucket_location(Bucket=bucket)
    with pytest.raises(botocore.exceptions.ClientError):
        s3.get_bucket_versioning(Bucket=bucket)
    told = [one[1:] for one in local_aws.connection.decisions() if one[2].endswith(bucket)]
    # An implicit no of the bucket's own policy, which it has not, is told as well.
    assert [action for action, _, may in told if may] == ["s3:GetBucketLocation"]
    assert ("s3:GetBucketVersioning", f"arn:aws:s3:::{bucket}", False) in told
    assert [one for one in local_aws.connection.decisions() if one[2].endswith(bucket)] == []
