from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.exceptions
import pytest

from modelyard.rehearsal.sagemaker.hosting.telemetry import Invocation, InvocationMetrics, rounded

MOMENT = datetime(2026, 11, 22, 10, 5, 30, tzinfo=UTC)


class CloudWatch:
    """CloudWatch, as far as metrics go."""

    def __init__(self) -> None:
        self.requests: list[list[dict[str, Any]]] = []

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> None:  # noqa: N803 - boto3's
        assert Namespace == "AWS/SageMaker"
        self.requests.append(MetricData)

    def datum(self, name: str) -> dict[str, Any]:
        (found,) = [datum for data in self.requests for datum in data if datum["MetricName"] == name]
        return found


def invocation(**changes: Any) -> Invocation:
    values: dict[str, Any] = {
        "endpoint": "churn",
        "variant": "primary",
        "moment": MOMENT,
        "instances": 2,
        "status": 200,
        "model_seconds": 0.0123456,
        "overhead_seconds": 0.001,
    }
    return Invocation(**(values | changes))


@pytest.fixture
def cloudwatch() -> CloudWatch:
    return CloudWatch()


@pytest.fixture
def metrics(cloudwatch: CloudWatch) -> InvocationMetrics:
    return InvocationMetrics(cloudwatch=lambda: cloudwatch)


@pytest.mark.parametrize(
    ("status", "client_error", "server_error", "model_error"),
    [(200, 0, 0, 0), (415, 1, 0, 1), (500, 0, 1, 1), (None, 0, 1, 1)],
)
def test_each_request_adds_one_or_zero_to_the_error_metrics(
    status: int | None, client_error: float, server_error: float, model_error: float
) -> None:
    metrics = invocation(status=status).metrics()

    assert metrics["Invocation4XXErrors"] == client_error
    assert metrics["Invocation5XXErrors"] == server_error
    assert metrics["InvocationModelErrors"] == model_error


def test_each_request_adds_its_part_of_an_instance() -> None:
    assert invocation(instances=4).metrics()["InvocationsPerInstance"] == 0.25


def test_latencies_are_microseconds_of_three_digits() -> None:
    assert invocation().metrics()["ModelLatency"] == 12300.0
    assert invocation().metrics()["OverheadLatency"] == 1000.0


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.0), (-1.0, 0.0), (0.1236, 0.124), (98765.0, 98800.0)])
def test_values_are_rounded_to_three_digits(value: float, expected: float) -> None:
    assert rounded(value) == pytest.approx(expected)


def test_the_requests_of_a_minute_are_values_with_counts(metrics: InvocationMetrics, cloudwatch: CloudWatch) -> None:
    for status in (200, 200, 500):
        metrics.add(invocation(status=status))
    metrics.flush()

    datum = cloudwatch.datum("Invocation5XXErrors")
    assert dict(zip(datum["Values"], datum["Counts"], strict=True)) == {0.0: 2.0, 1.0: 1.0}
    assert datum["Timestamp"] == MOMENT.replace(second=0)
    assert datum["Dimensions"] == [
        {"Name": "EndpointName", "Value": "churn"},
        {"Name": "VariantName", "Value": "primary"},
    ]


def test_no_datum_has_more_values_than_cloudwatch_takes(metrics: InvocationMetrics, cloudwatch: CloudWatch) -> None:
    for number in range(400):
        metrics.add(invocation(model_seconds=(100 + number) / 1e6))
    metrics.flush()

    data = [datum for sent in cloudwatch.requests for datum in sent if datum["MetricName"] == "ModelLatency"]
    assert [len(datum["Values"]) for datum in data] == [150, 150, 100]


def test_what_was_put_is_not_put_again(metrics: InvocationMetrics, cloudwatch: CloudWatch) -> None:
    metrics.add(invocation())
    metrics.flush()
    metrics.flush()

    assert len(cloudwatch.requests) == 1


def test_metrics_that_cloudwatch_does_not_take_are_lost_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    def unreachable() -> CloudWatch:
        raise botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1")

    metrics = InvocationMetrics(cloudwatch=unreachable)
    metrics.add(invocation())
    metrics.flush()

    assert "metrics of endpoints are lost, as CloudWatch does not answer" in caplog.text


def test_a_minute_without_requests_is_zero(metrics: InvocationMetrics, cloudwatch: CloudWatch) -> None:
    metrics.fill(endpoint="churn", variant="primary", minute=MOMENT.replace(second=0))
    metrics.flush()

    assert cloudwatch.datum("InvocationsPerInstance")["Values"] == [0.0]


def test_a_minute_with_requests_gets_no_zero(metrics: InvocationMetrics, cloudwatch: CloudWatch) -> None:
    minute = MOMENT.replace(second=0)
    metrics.add(invocation())
    metrics.fill(endpoint="churn", variant="primary", minute=minute)
    metrics.fill(endpoint="churn", variant="primary", minute=minute - timedelta(minutes=1))
    metrics.flush()

    assert cloudwatch.datum("Invocations")["Values"] == [1.0]
