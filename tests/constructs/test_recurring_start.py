"""Schedules that start a state machine."""

from modelyard.constructs.recurring_start import RecurringStart
from modelyard.constructs.state_machine import StateMachine
from support.small_stack import KEY_ARN, TOPIC_ARN, SmallStack


def add(small: SmallStack, *, timezone: str = "UTC") -> None:
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    machine = StateMachine(
        small.stack,
        "Score",
        name="dev-score",
        definition=definition,
        statements=[],
        topic_arn=TOPIC_ARN,
        key_arn=KEY_ARN,
        log_days=30,
    )
    RecurringStart(
        small.stack,
        "Nightly",
        name="dev-score",
        machine=machine,
        expression="cron(0 3 * * ? *)",
        payload='{"a": 1}',
        timezone=timezone,
    )


def test_the_expression_is_in_the_time_zone(small: SmallStack) -> None:
    add(small, timezone="Europe/Berlin")

    schedule = small.one("Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"


def test_the_machine_is_started_with_the_payload(small: SmallStack) -> None:
    add(small)

    target = small.one("Scheduler::Schedule")["Target"]
    assert (target["Arn"], target["Input"]) == ("<Score>", '{"a": 1}')


def test_a_start_is_on_time_and_not_within_a_window(small: SmallStack) -> None:
    add(small)

    assert small.one("Scheduler::Schedule")["FlexibleTimeWindow"] == {"Mode": "OFF"}
