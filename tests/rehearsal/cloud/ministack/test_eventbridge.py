"""What schedules and rules start, and that they start nothing as a role that may not."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import botocore.exceptions
import pytest
from ministack.services import eventbridge

from modelyard.rehearsal.cloud.ministack.eventbridge import check_schedule, due, zone_of
from modelyard.rehearsal.sagemaker.errors import ServiceError
from support.local_aws import SharedLocalAws, allow
from support.task_machines import executions, machine

PASS = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
START = allow("states:StartExecution")


def scheduled(
    aws: SharedLocalAws, *, statements: Sequence[dict[str, Any]], service: str = "scheduler.amazonaws.com"
) -> str:
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


def test_a_schedule_starts_its_machine(local_aws: SharedLocalAws) -> None:
    arn = scheduled(local_aws, statements=[START])
    found = executions(local_aws, arn)
    assert len(found) >= 1
    execution = local_aws.client("stepfunctions").describe_execution(executionArn=found[0]["executionArn"])
    assert json.loads(execution["input"]) == {"asked": True}


def test_a_schedule_whose_role_may_not_start_executions_starts_none(local_aws: SharedLocalAws) -> None:
    assert executions(local_aws, scheduled(local_aws, statements=[allow("sns:Publish")])) == []


def test_a_schedule_whose_role_trusts_another_service_starts_nothing(local_aws: SharedLocalAws) -> None:
    arn = scheduled(local_aws, statements=[START], service="events.amazonaws.com")
    assert executions(local_aws, arn) == []


@pytest.mark.parametrize(("action", "count"), [("states:StartExecution", 1), ("states:StopExecution", 0)])
def test_a_rule_starts_its_machine_only_as_a_role_that_may(local_aws: SharedLocalAws, action: str, count: int) -> None:
    arn, rule, source = machine(local_aws, PASS), local_aws.name("rule"), local_aws.name("source")
    events, role = (
        local_aws.client("events"),
        local_aws.role(statements=[allow(action)], service="events.amazonaws.com"),
    )
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))
    events.put_targets(Rule=rule, Targets=[{"Id": "Start", "Arn": arn, "RoleArn": role}])
    events.put_events(Entries=[{"Source": source, "DetailType": "Test", "Detail": "{}"}])
    assert len(executions(local_aws, arn)) == count


def schedule(
    expression: str, zone: str = "UTC", *, arn: str = "arn:aws:states:us-east-1:000000000000:stateMachine:m"
) -> Any:
    return {
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": zone,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/starts"},
    }


def next_due(expression: str, zone: str, *, after: datetime) -> datetime | None:
    return due(
        eventbridge._parse_cron_fields(expression),
        after=after,
        zone=zone_of({"ScheduleExpressionTimezone": zone}),
        next_fire=eventbridge._cron_next_fire,
    )


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("cron(99 77 * * ? *)", "UTC"),
        ("cron(0 3 * * * *)", "UTC"),
        ("cron(0 3 * * ?)", "UTC"),
        ("cron(0 22-2 * * ? *)", "UTC"),
        ("rate(0 days)", "UTC"),
        ("daily", "UTC"),
        ("cron(0 3 * * ? *)", "Europe/Viena"),
        ("cron(0 3 * * ? *)", "../etc/passwd"),
    ],
)
def test_a_schedule_that_aws_refuses_is_refused(local_aws: SharedLocalAws, expression: str, zone: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match=r"ValidationException.*Invalid Schedule") as refused:
        local_aws.client("scheduler").create_schedule(Name=local_aws.name("bad"), **schedule(expression, zone))
    assert (zone if zone != "UTC" else expression) in str(refused.value)


def test_an_update_to_a_schedule_that_aws_refuses_is_refused(local_aws: SharedLocalAws) -> None:
    client, name = local_aws.client("scheduler"), local_aws.name("good")
    client.create_schedule(Name=name, **schedule("rate(1 day)"))
    with pytest.raises(botocore.exceptions.ClientError, match="Invalid Schedule Expression"):
        client.update_schedule(Name=name, **schedule("cron(60 0 * * ? *)"))


@pytest.mark.parametrize(
    "expression", ["rate(1 day)", "rate(5 minutes)", "at(2026-12-01T10:00:00)", "cron(0 3 ? * 6L *)"]
)
def test_a_schedule_that_aws_takes_is_taken(expression: str) -> None:
    check_schedule(schedule(expression, "America/Argentina/Buenos_Aires"))


def test_a_template_with_a_schedule_that_aws_refuses_is_refused() -> None:
    with pytest.raises(ServiceError, match="Invalid ScheduleExpressionTimezone"):
        check_schedule(schedule("rate(1 day)", "Europe/Viena"))


def test_a_stack_keeps_the_time_zone_of_its_schedule(local_aws: SharedLocalAws) -> None:
    name, cloudformation = local_aws.name("zoned"), local_aws.client("cloudformation")
    resource = {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {"Name": name, **schedule("rate(1 day)", "Asia/Tokyo")},
    }
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Schedule": resource}}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    assert local_aws.client("scheduler").get_schedule(Name=name)["ScheduleExpressionTimezone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        ("UTC", datetime(2026, 7, 1, 0, 0, tzinfo=UTC), datetime(2026, 7, 1, 2, 30, tzinfo=UTC)),
        ("Europe/Vienna", datetime(2026, 7, 1, 0, 0, tzinfo=UTC), datetime(2026, 7, 1, 0, 30, tzinfo=UTC)),
        ("Europe/Vienna", datetime(2026, 12, 1, 0, 0, tzinfo=UTC), datetime(2026, 12, 1, 1, 30, tzinfo=UTC)),
        # On 29 March the clocks go from 02:00 to 03:00: that night has no 02:30.
        ("Europe/Vienna", datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)),
        # On 25 October they go from 03:00 back to 02:00: the first of two 02:30 counts, and no second.
        ("Europe/Vienna", datetime(2026, 10, 24, 12, 0, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Europe/Vienna", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
        ("Europe/Vienna", datetime(2026, 10, 25, 1, 10, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_schedule_is_due_by_the_clock_of_its_zone(zone: str, after: datetime, expected: datetime) -> None:
    assert next_due("cron(30 2 * * ? *)", zone, after=after) == expected


def test_a_day_that_there_is_not_is_never_due() -> None:
    assert next_due("cron(0 0 30 2 ? *)", "Europe/Vienna", after=datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_a_schedule_starts_at_the_full_hour_of_its_zone(local_aws: SharedLocalAws) -> None:
    """India's clocks are half an hour off those of UTC."""
    arn, name = machine(local_aws, PASS), local_aws.name("schedule")
    wanted = schedule("cron(0 * * * ? *)", "Asia/Kolkata", arn=arn)
    wanted["Target"] |= {
        "RoleArn": local_aws.role(statements=[START], service="scheduler.amazonaws.com"),
        "Input": '"<aws.scheduler.scheduled-time>"',
    }
    local_aws.client("scheduler").create_schedule(Name=name, **wanted)
    local_aws.advance(seconds=7400)
    local_aws.client("scheduler").delete_schedule(Name=name)
    started = executions(local_aws, arn)
    describe = local_aws.client("stepfunctions").describe_execution
    times = [json.loads(describe(executionArn=one["executionArn"])["input"]) for one in started]
    assert times
    assert {datetime.fromisoformat(time).minute for time in times} == {30}
