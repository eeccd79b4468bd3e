"""The watching workflow, run to its end by an interpreter."""

import json
from typing import Any

import pytest

from modelyard.constructs.workflows.watch_run import WatchRun
from support.state_machines import Answer, Execution, Interpreter, TaskError

READ = "aws-sdk:s3:getObject"
PUBLISH = "aws-sdk:cloudwatch:putMetricData"
NOTIFY = "sns:publish"
KEY = "churn/monitoring/dev-churn/s/2026/11/22/11/constraint_violations.json"


def watched(
    interpreter: Interpreter,
    body: str,
    *,
    answer: dict[str, Answer] | None = None,
    detail: dict[str, Any] | None = None,
) -> Execution:
    """A watch over a file of violations."""
    watch = WatchRun(bucket="data", endpoint="dev-churn", schedule="s", topic_arn="arn:topic", partition="aws")
    answers: dict[str, Answer] = {
        READ: lambda request: {"Body": body},
        PUBLISH: lambda request: {},
        NOTIFY: lambda request: {},
    }
    answers |= {} if answer is None else answer
    event = {"object": {"key": KEY}} if detail is None else detail
    return interpreter.run(watch.definition, answers=answers, given={"detail": event})


def violations(count: int) -> str:
    """A file of so many violations."""
    one = {"feature_name": "x", "constraint_check_type": "data_type_check", "description": "d"}
    return json.dumps({"violations": [one] * count}, indent=2)


@pytest.mark.parametrize("count", [0, 1, 60])
def test_the_number_of_violations_is_published(interpreter: Interpreter, count: int) -> None:
    execution = watched(interpreter, violations(count))

    (request,) = execution.requests(PUBLISH)
    (datum,) = request["MetricData"]
    assert request["Namespace"] == "Modelyard"
    assert (datum["MetricName"], datum["Value"], datum["Unit"]) == ("Violations", count, "Count")


def test_the_metric_names_the_endpoint_and_its_schedule(interpreter: Interpreter) -> None:
    execution = watched(interpreter, violations(1))

    assert execution.requests(PUBLISH)[0]["MetricData"][0]["Dimensions"] == [
        {"Name": "Endpoint", "Value": "dev-churn"},
        {"Name": "MonitoringSchedule", "Value": "s"},
    ]


def test_the_file_that_the_event_names_is_read_as_far_as_a_state_can_hold(interpreter: Interpreter) -> None:
    execution = watched(interpreter, violations(1))

    assert execution.requests(READ) == [{"Bucket": "data", "Key": KEY, "Range": "bytes=0-199999"}]


def test_a_file_that_was_cut_counts_what_is_there(interpreter: Interpreter) -> None:
    execution = watched(interpreter, violations(5)[:-40])

    assert execution.output == {"violations": 5}


def failing(*errors: str) -> Answer:
    """A call that fails with each of some errors, and then succeeds."""
    left = list(errors)

    def answer(request: dict[str, Any]) -> Any:
        del request
        if left:
            raise TaskError(left.pop(0), "no cause")
        return {"Body": violations(1)}

    return answer


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (READ, "S3.S3Exception"),
        (READ, "S3.SdkClientException"),
        (PUBLISH, "CloudWatch.CloudWatchException"),
        (PUBLISH, "CloudWatch.InternalServiceException"),
        (PUBLISH, "CloudWatch.SdkClientException"),
    ],
)
def test_a_passing_error_of_either_service_is_waited_out(interpreter: Interpreter, call: str, error: str) -> None:
    execution = watched(interpreter, violations(1), answer={call: failing(error, error)})

    assert execution.status == "SUCCEEDED"
    assert len(execution.requests(call)) == 3
    assert execution.requests(NOTIFY) == []


@pytest.mark.parametrize("call", [READ, PUBLISH])
def test_a_count_that_fails_is_reported(interpreter: Interpreter, call: str) -> None:
    execution = watched(interpreter, violations(1), answer={call: failing("States.Permissions")})

    assert execution.status == "FAILED"
    (request,) = execution.requests(NOTIFY)
    assert request["TopicArn"] == "arn:topic"
    assert request["Message"] == "States.Permissions: no cause"


def test_a_check_without_a_report_is_reported_with_its_reason(interpreter: Interpreter) -> None:
    job = {"ProcessingJobName": "model-monitoring-1", "ProcessingJobStatus": "Failed", "FailureReason": "no data"}

    execution = watched(interpreter, "", detail=job)

    assert execution.status == "FAILED"
    assert execution.requests(NOTIFY)[0]["Message"] == "CheckFailed: model-monitoring-1 ended as Failed: no data"


def test_a_check_that_was_stopped_is_reported_without_a_reason(interpreter: Interpreter) -> None:
    execution = watched(
        interpreter, "", detail={"ProcessingJobName": "model-monitoring-1", "ProcessingJobStatus": "Stopped"}
    )

    assert execution.requests(NOTIFY)[0]["Message"] == "CheckFailed: model-monitoring-1 ended as Stopped"
