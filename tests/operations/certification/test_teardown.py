"""The teardown of a life in states that an account may be left in. `test_life` and `test_lives` do it whole."""

from types import SimpleNamespace
from typing import Any

import botocore.exceptions
import pytest

from modelyard.operations.certification import teardown
from modelyard.operations.certification.record import Step
from modelyard.operations.certification.scrubbing import Scrubber
from modelyard.operations.deployment import Stack


class Account:
    """Stacks that are in one state after the other, and what is called of CloudFormation."""

    def __init__(self, *states: str, refused: tuple[str, ...] = ()) -> None:
        self.calls: list[str] = []
        self._states = list(states)
        self._refused = refused

    def client(self, _service: str) -> Any:
        return self

    def cancel_update_stack(self, **_: Any) -> None:
        self.calls.append("cancel")
        if "cancel" in self._refused:
            error = {"Error": {"Code": "ValidationError", "Message": "The stack is not being updated"}}
            raise botocore.exceptions.ClientError(error, "CancelUpdateStack")

    def state(self, **_: Any) -> Stack:
        self.calls.append(self._states[0])
        return Stack(
            name="certify-foundation", status=self._states.pop(0) if len(self._states) > 1 else self._states[0]
        )

    def made_by(self, **_: Any) -> list[Any]:
        if "list" in self._refused:
            error = {"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}
            raise botocore.exceptions.ClientError(error, "ListStackResources")
        return []


def torn_down(account: Account, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[str]]:
    monkeypatch.setattr(teardown, "find_stack", account.state)
    monkeypatch.setattr(teardown, "pauses", lambda: iter([0.0] * 10))
    monkeypatch.setattr(teardown, "made_by", account.made_by)
    monkeypatch.setattr(teardown, "_of_model", lambda _: [])
    monkeypatch.setattr(teardown, "_of_foundation", lambda _: [])
    life: Any = SimpleNamespace(
        stacks={"foundation": "id"},
        find_stacks=lambda *_: None,
        aws=account,
        unrecorded=account,
        events=SimpleNamespace(new=lambda _: []),
        recorder=SimpleNamespace(scrubber=Scrubber()),
        workspace=SimpleNamespace(variant="primary"),
    )
    said: list[str] = []
    return teardown.tear_down(life, step=Step(name="teardown"), say=said.append), said


def test_an_update_is_cancelled_once_and_its_rollback_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(
        "UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"
    )
    torn_down(account, monkeypatch)
    assert account.calls == [
        "UPDATE_IN_PROGRESS",
        "cancel",
        "UPDATE_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]


def test_an_update_that_ended_before_it_was_cancelled_is_said_and_all_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    _, said = torn_down(Account("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", refused=("cancel",)), monkeypatch)
    assert said == ["CancelUpdateStack was refused: The stack is not being updated (ValidationError)"]


def test_a_creation_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account("CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    torn_down(account, monkeypatch)
    assert account.calls == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_a_stack_whose_resources_cannot_be_listed_is_not_taken_for_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    (resource,), said = torn_down(Account("CREATE_COMPLETE", refused=("list",)), monkeypatch)
    assert (resource.stack, resource.gone, resource.said) == ("foundation", None, "never listed")
    assert "AWS still says Throttling at ListStackResources" in said[0]
