"""A policy that allows metrics of one namespace only."""

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
