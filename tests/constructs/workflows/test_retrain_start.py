"""What comes of a call for a run: one is started, or it is said why none is."""

from dataclasses import replace
from typing import Any

import pytest

from modelyard.constructs.workflows.retrain_start import RetrainStart
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.retraining import Retrain
from support.state_machines import Answer, Execution, Interpreter, TaskError
from support.workflows import TOPIC

ALARMS = ("dev-churn-data-quality-violations", "dev-churn-model-quality-violations")
MACHINE = "arn:aws:states:eu-west-1:1:stateMachine:dev-churn-training"
START = RetrainStart(
    retrain=Retrain(held_out="datasets/test", on=("drift", "quality")),
    layout=DataLayout(model="churn"),
    bucket="data",
    promoted="churn/training/r1/j1/output/model.tar.gz",
    alarms=ALARMS,
    training_arn=MACHINE,
    prefix="dev-churn",
    topic_arn=TOPIC,
    partition="aws",
)
LIST, FIND = "aws-sdk:sfn:listExecutions", "aws-sdk:s3:listObjectsV2"
BEGIN, LOOK, PUBLISH = "states:startExecution", "aws-sdk:cloudwatch:describeAlarms", "sns:publish"
RINGS = {"detail": {"alarmName": ALARMS[0], "state": {"value": "ALARM"}}}


def call(interpreter: Interpreter, given: dict[str, Any], *, start: RetrainStart = START, **answers: Any) -> Execution:
    """Call for a run, where none runs and nothing is open unless an answer says so."""
    named: dict[str, Answer] = {
        LIST: lambda _: {"Executions": answers.get("running", [])},
        FIND: lambda _: {"KeyCount": answers.get("open", 0)},
        BEGIN: answers.get("begin", lambda _: {"ExecutionArn": "arn:run", "StartDate": "now"}),
        LOOK: lambda _: {"MetricAlarms": answers.get("ringing", [])},
        PUBLISH: lambda _: {"MessageId": "1"},
    }
    return interpreter.run(start.definition, answers=named, given=given)


def used(_: dict[str, Any]) -> Any:
    """Step Functions' answer to a name that was used."""
    raise TaskError("StepFunctions.ExecutionAlreadyExistsException", "Execution Already Exists")


def test_an_alarm_starts_a_run_that_is_told_why_and_what_is_promoted(interpreter: Interpreter) -> None:
    execution = call(interpreter, RINGS)

    (request,) = execution.requests(BEGIN)
    assert request["StateMachineArn"] == MACHINE
    assert request["Input"]["retrain"] == {"reason": ALARMS[0], "promoted": START.promoted}
    assert execution.output == {"started": True, "run": request["Name"], "reason": ALARMS[0]}


def test_a_run_is_named_by_the_day_on_which_it_is_called_for(interpreter: Interpreter) -> None:
    (request,) = call(interpreter, RINGS).requests(BEGIN)

    assert request["Name"] == "retrain-20261122"


def test_a_run_of_a_longer_period_is_named_by_its_first_day(interpreter: Interpreter) -> None:
    weekly = replace(START, retrain=Retrain(held_out="datasets/test", on=("drift",), period_days=7))
    (request,) = call(interpreter, RINGS, start=weekly).requests(BEGIN)

    # Weeks are counted from Thursday, 1 January 1970.
    assert request["Name"] == "retrain-20261119"


def test_a_schedule_starts_a_run_and_says_so(interpreter: Interpreter) -> None:
    (request,) = call(interpreter, {}).requests(BEGIN)

    assert request["Input"]["retrain"]["reason"] == "schedule"


def test_two_calls_of_a_storm_give_step_functions_different_inputs_for_one_name(interpreter: Interpreter) -> None:
    (request,) = call(interpreter, RINGS).requests(BEGIN)

    assert request["Input"]["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"].startswith("arn:aws:states:")


def test_a_second_call_of_the_day_starts_nothing_and_is_no_failure(interpreter: Interpreter) -> None:
    execution = call(interpreter, RINGS, begin=used)

    assert execution.status == "SUCCEEDED"
    assert execution.output == {"started": False, "reason": "run retrain-20261122 was started before"}
    assert execution.requests(PUBLISH) == []


def test_nothing_is_started_while_a_run_is_not_over_whoever_started_it(interpreter: Interpreter) -> None:
    execution = call(interpreter, RINGS, running=[{"Name": "20261122-090000-ab12"}])

    assert execution.output == {"started": False, "reason": "run 20261122-090000-ab12 is not over"}
    assert execution.requests(LIST) == [{"StateMachineArn": MACHINE, "StatusFilter": "RUNNING", "MaxResults": 1}]
    assert execution.requests(BEGIN) == []


def test_nothing_is_started_while_a_proposal_waits_for_review(interpreter: Interpreter) -> None:
    execution = call(interpreter, RINGS, open=1)

    assert execution.output == {"started": False, "reason": "a proposal waits for review"}
    assert execution.requests(FIND) == [{"Bucket": "data", "Prefix": "churn/training/open/", "MaxKeys": 1}]


def test_an_alarm_that_stays_in_alarm_is_found_by_looking(interpreter: Interpreter) -> None:
    execution = call(interpreter, {"look": True}, ringing=[{"AlarmName": name} for name in ALARMS])

    assert execution.requests(LOOK) == [{"AlarmNames": list(ALARMS), "StateValue": "ALARM"}]
    assert execution.output["reason"] == f"{ALARMS[0]} and {ALARMS[1]}, still in ALARM"


def test_looking_starts_nothing_where_no_alarm_rings(interpreter: Interpreter) -> None:
    execution = call(interpreter, {"look": True})

    assert execution.output == {"started": False, "reason": "no alarm is in ALARM"}


def test_nothing_is_compared_with_where_nothing_is_promoted(interpreter: Interpreter) -> None:
    (request,) = call(interpreter, RINGS, start=replace(START, promoted=None)).requests(BEGIN)

    assert request["Input"]["retrain"] == {"reason": ALARMS[0]}


@pytest.mark.parametrize("failing", [LIST, FIND, BEGIN, LOOK])
def test_a_call_that_fails_is_reported(interpreter: Interpreter, failing: str) -> None:
    def refuse(_: dict[str, Any]) -> Any:
        raise TaskError("States.TaskFailed", "no leave")

    answers: dict[str, Answer] = {
        LIST: lambda _: {"Executions": []},
        FIND: lambda _: {"KeyCount": 0},
        LOOK: lambda _: {"MetricAlarms": [{"AlarmName": ALARMS[0]}]},
        PUBLISH: lambda _: {"MessageId": "1"},
        failing: refuse,
    }
    execution = interpreter.run(START.definition, answers=answers, given={"look": True})

    assert execution.status == "FAILED"
    (message,) = execution.requests(PUBLISH)
    assert message["Subject"] == "dev-churn: no run could be started"
    assert "no leave" in message["Message"]
