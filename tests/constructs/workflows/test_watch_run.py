"""The watching workflow, run to its end by an interpreter."""

import json

import pytest

from modelyard.constructs.workflows.watch_run import WatchRun
from support.state_machines import Answer, Execution, Interpreter

READ = "aws-sdk:s3:getObject"
PUBLISH = "aws-sdk:cloudwatch:putMetricData"
KEY = "churn/monitoring/dev-churn/s/2026/11/22/11/constraint_violations.json"


def watched(interpreter: Interpreter, body: str) -> Execution:
    """A watch over a file of violations."""
    watch = WatchRun(bucket="data", endpoint="dev-churn", schedule="s", partition="aws")
    answers: dict[str, Answer] = {READ: lambda request: {"Body": body}, PUBLISH: lambda request: {}}
    return interpreter.run(watch.definition, answers=answers, given={"detail": {"object": {"key": KEY}}})


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
