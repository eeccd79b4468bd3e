import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from ministack.services import cloudwatch

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud.alarm_rules import ALARM, OK
from modelyard.rehearsal.cloud.ministack import cloudwatch as alarms
from support.local_aws import SharedLocalAws, allow
from support.task_machines import executions, machine

NOW = datetime(2026, 11, 22, 10, 5, 30, tzinfo=UTC)


def alarm(**changes: Any) -> dict[str, Any]:
    return {
        "AlarmName": "errors",
        "AlarmArn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors",
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "Dimensions": [{"Name": "EndpointName", "Value": "churn"}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "StateValue": OK,
        "StateReason": "",
    } | changes


def point(*, minutes_ago: float, value: float, count: float = 1, unit: str = "None") -> dict[str, Any]:
    moment = NOW.replace(second=0) - timedelta(minutes=minutes_ago)
    return {"Timestamp": moment.timestamp(), "Value": value, "Count": count, "Unit": unit}


def state(changes: dict[str, Any], *points: dict[str, Any]) -> str:
    verdict = alarms.evaluate(alarm=alarm(**changes), points=points, now=NOW)
    assert verdict is not None
    return verdict.state


def test_the_value_of_a_period_is_the_statistic_of_its_points_with_their_counts() -> None:
    assert state({}, point(minutes_ago=1, value=1, count=1), point(minutes_ago=1, value=0, count=9)) == OK
    assert state({"Statistic": "Sum"}, point(minutes_ago=1, value=1), point(minutes_ago=1, value=0, count=9)) == ALARM


def test_a_percentile_takes_the_place_of_the_statistic() -> None:
    points = point(minutes_ago=1, value=0, count=98), point(minutes_ago=1, value=1, count=2)

    assert state({"ExtendedStatistic": "p99"}, *points) == ALARM
    assert state({"ExtendedStatistic": "p50"}, *points) == OK


def test_the_minute_that_is_not_over_does_not_count_yet() -> None:
    assert state({}, point(minutes_ago=0, value=1)) == OK


def test_the_period_of_an_hour_ends_at_the_last_full_minute() -> None:
    assert state({"Period": 3600}, point(minutes_ago=1, value=1)) == ALARM


def test_the_latest_hour_counts_alone_where_it_has_data() -> None:
    assert state({"Period": 3600}, point(minutes_ago=70, value=1), point(minutes_ago=10, value=0)) == OK


def test_every_one_of_the_evaluation_periods_must_breach() -> None:
    changes = {"EvaluationPeriods": 2}

    assert state(changes, point(minutes_ago=2, value=0), point(minutes_ago=1, value=1)) == OK
    assert state(changes, point(minutes_ago=2, value=1), point(minutes_ago=1, value=1)) == ALARM


def test_points_of_another_unit_than_the_alarms_do_not_count() -> None:
    assert state({"Unit": "Count"}, point(minutes_ago=1, value=1, unit="Percent")) == OK


@pytest.fixture
def installed() -> Iterator[dict[str, Any]]:
    """Our evaluation in MiniStack's place, with one alarm of its own."""
    original = cloudwatch._evaluate_alarm
    cloudwatch.reset()
    with time_machine.travel(NOW, tick=False) as traveller, contextlib.closing(Clock(moved=traveller.shift)) as clock:
        alarms.install(clock=clock)
        cloudwatch._alarms["errors"] = alarm()
        yield cloudwatch._alarms["errors"]
    cloudwatch._evaluate_alarm = original
    cloudwatch.reset()


def put(*, endpoint: str, value: float) -> None:
    key = ("AWS/SageMaker", "Invocation5XXErrors", f"EndpointName={endpoint}")
    cloudwatch._metric_bucket(key).append(point(minutes_ago=1, value=value))


def test_an_alarm_follows_the_metric_of_its_own_dimensions(installed: dict[str, Any]) -> None:
    put(endpoint="another", value=1)
    alarms.evaluate_everywhere()
    assert installed["StateValue"] == OK

    put(endpoint="churn", value=1)
    alarms.evaluate_everywhere()
    assert installed["StateValue"] == ALARM
    assert installed["StateUpdatedTimestamp"] == int(NOW.timestamp())


def test_a_change_of_state_is_kept_in_the_alarms_history(installed: dict[str, Any]) -> None:
    put(endpoint="churn", value=1)
    alarms.evaluate_everywhere()
    alarms.evaluate_everywhere()

    summaries = [entry["HistorySummary"] for entry in cloudwatch._history_entries()]
    assert summaries == ["Alarm updated from OK to ALARM"]


@pytest.mark.parametrize("changes", [{"MetricName": None}, {"ComparisonOperator": "GreaterThanUpperThreshold"}])
def test_an_alarm_on_metric_math_or_a_band_keeps_its_state(installed: dict[str, Any], changes: dict[str, Any]) -> None:
    cloudwatch._alarms["errors"] = alarm(StateValue="INSUFFICIENT_DATA", **changes)
    put(endpoint="churn", value=1)
    cloudwatch._evaluate_alarm(cloudwatch._alarms["errors"])

    assert cloudwatch._alarms["errors"]["StateValue"] == "INSUFFICIENT_DATA"


def test_alarms_of_every_account_are_evaluated(installed: dict[str, Any]) -> None:
    theirs = ("111111111111", "eu-west-1")
    cloudwatch._alarms._data[(*theirs, "errors")] = alarm()
    key = ("AWS/SageMaker", "Invocation5XXErrors", "EndpointName=churn")
    cloudwatch._metrics._data[(*theirs, key)] = [point(minutes_ago=1, value=1)]

    alarms.evaluate_everywhere()

    assert cloudwatch._alarms._data[(*theirs, "errors")]["StateValue"] == ALARM
    assert installed["StateValue"] == OK


def test_an_alarm_that_fires_notifies_its_topic_with_the_reason(local_aws: SharedLocalAws) -> None:
    name, sns, sqs = local_aws.name("alarm"), local_aws.client("sns"), local_aws.client("sqs")
    cloudwatch = local_aws.client("cloudwatch")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn, "Principal": {"AWS": "*"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Test",
        MetricName=name,
        Dimensions=[{"Name": "Endpoint", "Value": "churn"}],
        Statistic="Maximum",
        Period=3600,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
    )
    for endpoint, value in (("another", 9.0), ("churn", 3.0)):
        dimensions = [{"Name": "Endpoint", "Value": endpoint}]
        cloudwatch.put_metric_data(
            Namespace="Test", MetricData=[{"MetricName": name, "Dimensions": dimensions, "Value": value}]
        )
    local_aws.advance(seconds=120)

    (message,) = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    notice = json.loads(json.loads(message["Body"])["Message"])
    assert notice["NewStateValue"] == "ALARM"
    assert notice["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [3.0 (")
    assert notice["NewStateReason"].endswith(
        ")] was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )


def test_eventbridge_is_told_when_an_alarms_state_changes_and_of_nothing_else(local_aws: SharedLocalAws) -> None:
    cloudwatch, events, name = local_aws.client("cloudwatch"), local_aws.client("events"), local_aws.name("told")
    arn = machine(local_aws, {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})
    role = local_aws.role(statements=[allow("states:StartExecution")], service="events.amazonaws.com")
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [name], "state": {"value": ["ALARM"]}},
    }
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmDescription="too many",
        Namespace="Tests",
        MetricName="Violations",
        Dimensions=[{"Name": "Endpoint", "Value": "e"}],
        Statistic="Maximum",
        Period=3600,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="ignore",
    )
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "Start", "Arn": arn, "RoleArn": role}])

    for state in ("OK", "ALARM", "ALARM"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="by hand")

    (found,) = executions(local_aws, arn)
    given = local_aws.client("stepfunctions").describe_execution(executionArn=found["executionArn"])["input"]
    event = json.loads(given)
    assert event["source"] == "aws.cloudwatch"
    assert event["resources"] == [f"arn:aws:cloudwatch:us-east-1:111122223333:alarm:{name}"]
    detail = event["detail"]
    assert detail["alarmName"] == name
    assert (detail["state"]["value"], detail["state"]["reason"]) == ("ALARM", "by hand")
    assert detail["previousState"] == {"value": "OK"}
    assert detail["configuration"]["description"] == "too many"
    (metric,) = detail["configuration"]["metrics"]
    assert metric["metricStat"]["metric"] == {
        "namespace": "Tests",
        "name": "Violations",
        "dimensions": {"Endpoint": "e"},
    }


def test_an_alarm_that_the_clock_has_evaluated_starts_what_its_rule_names(local_aws: SharedLocalAws) -> None:
    cloudwatch, events, name = local_aws.client("cloudwatch"), local_aws.client("events"), local_aws.name("clocked")
    arn = machine(local_aws, {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})
    role = local_aws.role(statements=[allow("states:StartExecution")], service="events.amazonaws.com")
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name], "state": {"value": ["ALARM"]}}}
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Tests",
        MetricName=name,
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "Start", "Arn": arn, "RoleArn": role}])

    for count in (1, 2):
        cloudwatch.put_metric_data(Namespace="Tests", MetricData=[{"MetricName": name, "Value": 3}])
        local_aws.advance(seconds=61)
        assert len(executions(local_aws, arn)) == count
        # Quiet again, so that it can ring again.
        local_aws.advance(seconds=180)
