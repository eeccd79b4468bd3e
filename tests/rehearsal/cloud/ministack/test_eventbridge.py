"""What schedules and rules start, and that they start nothing as a role that may not."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from machines import executions, machine

from rehearsed import Rehearsed, allow

PASS = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
START = allow("states:StartExecution")


def scheduled(aws: Rehearsed, *, statements: Sequence[dict[str, Any]], service: str = "scheduler.amazonaws.com") -> str:
    """Have a state machine started each minute, let two pass, and return its ARN."""
    arn, name = machine(aws, PASS), aws.name("schedule")
    aws.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="rate(1 minutes)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": aws.role(statements=statements, service=service), "Input": '{"asked": true}'},
    )
    aws.advance(seconds=130)
    aws.client("scheduler").delete_schedule(Name=name)
    return arn


def test_a_schedule_starts_its_machine(local_aws: Rehearsed) -> None:
    arn = scheduled(local_aws, statements=[START])
    found = executions(local_aws, arn)
    assert len(found) >= 1
    execution = local_aws.client("stepfunctions").describe_execution(executionArn=found[0]["executionArn"])
    assert json.loads(execution["input"]) == {"asked": True}


def test_a_schedule_whose_role_may_not_start_executions_starts_none(local_aws: Rehearsed) -> None:
    assert executions(local_aws, scheduled(local_aws, statements=[allow("sns:Publish")])) == []


def test_a_schedule_whose_role_trusts_another_service_starts_nothing(local_aws: Rehearsed) -> None:
    arn = scheduled(local_aws, statements=[START], service="events.amazonaws.com")
    assert executions(local_aws, arn) == []


@pytest.mark.parametrize(("action", "count"), [("states:StartExecution", 1), ("states:StopExecution", 0)])
def test_a_rule_starts_its_machine_only_as_a_role_that_may(local_aws: Rehearsed, action: str, count: int) -> None:
    arn, rule, source = machine(local_aws, PASS), local_aws.name("rule"), local_aws.name("source")
    events, role = (
        local_aws.client("events"),
        local_aws.role(statements=[allow(action)], service="events.amazonaws.com"),
    )
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "Start", "Arn": arn, "RoleArn": role}])
    events.put_events(Entries=[{"Source": source, "DetailType": "Test", "Detail": "{}"}])
    assert len(executions(local_aws, arn)) == count
