"""State machines with their role and log."""

import pytest

from modelyard.constructs.access import allow
from modelyard.constructs.recurring_start import RecurringStart
from modelyard.constructs.state_machine import StateMachine
from support.small_stack import KEY_ARN, TOPIC_ARN, SmallStack

DEFINITION = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
READ = allow("s3:GetObject", on=["arn:aws:s3:::data/a"])


def add(small: SmallStack) -> StateMachine:
    return StateMachine(
        small.stack,
        "Check",
        name="dev-check",
        definition=DEFINITION,
        statements=[READ],
        topic_arn=TOPIC_ARN,
        key_arn=KEY_ARN,
        log_days=30,
    )


def test_the_definition_is_an_object_of_the_template(small: SmallStack) -> None:
    add(small)

    machine = small.one("StepFunctions::StateMachine")
    assert (machine["StateMachineName"], machine["Definition"]) == ("dev-check", DEFINITION)


def test_the_role_may_do_what_the_states_do(small: SmallStack) -> None:
    add(small)

    assert READ.document in small.synthesize().statements("Small", "CheckRole")


def test_every_execution_is_logged_for_so_many_days(small: SmallStack) -> None:
    add(small)

    synthesized = small.synthesize()
    assert synthesized.one("Small", "Logs::LogGroup")["RetentionInDays"] == 30
    logging = synthesized.one("Small", "StepFunctions::StateMachine")["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", True)


def test_a_recurring_start_may_start_that_machine_and_no_other(small: SmallStack) -> None:
    RecurringStart(small.stack, "Hourly", name="dev-check", machine=add(small), expression="rate(1 hour)", payload="{}")

    (statement,) = small.synthesize().statements("Small", "HourlyRole")
    assert (statement["Action"], statement["Resource"]) == (["states:StartExecution"], ["<Check>"])


def test_the_log_is_under_the_key(small: SmallStack) -> None:
    add(small)

    assert small.one("Logs::LogGroup")["KmsKeyId"] == KEY_ARN


@pytest.mark.parametrize(
    ("alarm", "metric"), [("CheckFailed", "ExecutionsFailed"), ("CheckTimedOut", "ExecutionsTimedOut")]
)
def test_an_execution_that_does_not_succeed_rings(small: SmallStack, alarm: str, metric: str) -> None:
    add(small)

    properties = small.one("CloudWatch::Alarm", alarm)
    assert (properties["Namespace"], properties["MetricName"], properties["Threshold"]) == ("AWS/States", metric, 1)
    assert properties["Dimensions"] == [{"Name": "StateMachineArn", "Value": "<Check>"}]
    assert properties["AlarmActions"] == [TOPIC_ARN]


def test_what_must_run_every_hour_rings_when_nothing_starts_it(small: SmallStack) -> None:
    add(small).alarm_on_silence(hours=2)

    alarm = small.one("CloudWatch::Alarm", "CheckSilent")
    assert (alarm["MetricName"], alarm["TreatMissingData"]) == ("ExecutionsStarted", "breaching")
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (3600, 2)
