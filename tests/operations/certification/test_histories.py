"""What happened in the account, told by answers as AWS gives them."""

from typing import Any

import botocore.exceptions
import pytest

from modelyard.operations.certification.histories import EndpointWatch, StackEvents, execution_histories, shown_id
from modelyard.operations.certification.record import History
from modelyard.operations.certification.scrubbing import Scrubber


class Answers:
    """An AWS of one answer after the other, and of pages."""

    def __init__(self, *answers: Any, page: Any = None) -> None:
        self.answers = list(answers)
        self.page = page

    def client(self, _service: str) -> Any:
        return self

    def describe_endpoint(self, **_: Any) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"EndpointStatus": answer}

    def get_paginator(self, _operation: str) -> Any:
        return self

    def paginate(self, **_: Any) -> Any:
        return Pages([self.page])


class Pages(list[Any]):
    """Pages of a listing, one by one or as a whole."""

    def build_full_result(self) -> Any:
        return self[0]


def refused(message: str) -> Any:
    error = {"Error": {"Code": "ValidationException", "Message": message}}
    return botocore.exceptions.ClientError(error, "DescribeEndpoint")


def watched(*answers: Any) -> tuple[str, ...]:
    watch = EndpointWatch(aws=Answers(*answers), scrubber=Scrubber(), name="one")  # type: ignore[arg-type]
    for _ in answers:
        watch.look()
    return watch.history.states


def test_an_endpoint_s_states_are_those_that_last_and_the_one_at_the_end() -> None:
    absent = refused('Could not find endpoint "one".')
    states = watched(absent, absent, "Creating", "Creating", "RollingBack", "Creating", "InService")
    assert states == ("absent", "Creating", "InService")


def test_an_error_that_is_not_absence_is_raised() -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="Rate exceeded"):
        watched(refused("Rate exceeded"))


def test_the_events_of_a_stack_come_once_and_in_their_order() -> None:
    def told(number: int, **members: str) -> dict[str, str]:
        return {
            "StackId": "id",
            "EventId": str(number),
            "LogicalResourceId": "primaryModelCCDD",
            "ResourceType": "AWS::SageMaker::Model",
            "ResourceStatus": "CREATE_IN_PROGRESS",
            **members,
        }

    stack = {"ResourceType": "AWS::CloudFormation::Stack", "PhysicalResourceId": "id", "LogicalResourceId": "dev-mine"}
    page = {"StackEvents": [told(2, ResourceStatus="CREATE_FAILED", ResourceStatusReason="No zq-1"), told(1, **stack)]}
    answers = Answers(page=page)
    events = StackEvents(aws=answers, scrubber=Scrubber(), variant="primary")  # type: ignore[arg-type]
    found = [(one.resource, one.status, one.reason) for one in events.new({"serving": "id"})]
    assert found == [("stack", "CREATE_IN_PROGRESS", ""), ("VariantModelCCDD", "CREATE_FAILED", "No <name-1>")]
    page["StackEvents"].insert(0, told(3))
    assert [one.resource for one in events.new({"serving": "id"})] == ["VariantModelCCDD"]


def test_a_logical_id_does_not_show_the_variant_s_name() -> None:
    assert shown_id("AlarmsblueGreenErrors65949A65", variant="blue-Green") == "AlarmsVariantErrors65949A65"


def test_an_execution_s_histories_are_its_states_their_events_and_the_events_without_a_state() -> None:
    def event(kind: str, name: str = "") -> dict[str, Any]:
        member = "stateEnteredEventDetails" if kind.endswith("Entered") else "stateExitedEventDetails"
        return {"type": kind, **({member: {"name": name}} if name else {})}

    page = {
        "events": [
            event("ExecutionStarted"),
            event("TaskStateEntered", "Train"),
            event("TaskScheduled"),
            event("TaskStateEntered", "Train"),
            event("TaskStateExited", "Train"),
            event("PassStateEntered", "zq-secret"),
        ]
    }
    answers: Any = Answers(page=page)
    found = execution_histories(aws=answers, scrubber=Scrubber(), subject="training", arn="arn")
    assert found == [
        History(subject="training", states=("Train", "<name-1>")),
        History(subject="training, Train", states=("TaskStateEntered", "TaskStateExited")),
        History(subject="training, <name-1>", states=("PassStateEntered",)),
        History(subject="training, events of no state", states=("ExecutionStarted", "TaskScheduled")),
    ]
