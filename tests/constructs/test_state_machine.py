"""State machines with their role and log."""

from modelyard.constructs.access import allow
from modelyard.constructs.recurring_start import RecurringStart
from modelyard.constructs.state_machine import StateMachine
from support.small_stack import SmallStack

DEFINITION = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
READ = allow("s3:GetObject", on=["arn:aws:s3:::data/a"])


def add(small: SmallStack) -> StateMachine:
    return StateMachine(small.stack, "Check", name="dev-check", definition=DEFINITION, statements=[READ], log_days=30)


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
