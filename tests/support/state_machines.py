"""Running a definition: a real interpreter of the Amazon States Language and of JSONata, the tasks given by a test."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from ministack.services import stepfunctions

Answer = Callable[[dict[str, Any]], Any]


class TaskError(Exception):
    """What a task fails with, as a service would."""

    def __init__(self, error: str, cause: str) -> None:
        self.error = error
        self.cause = cause
        super().__init__(f"{error}: {cause}")


@dataclass
class Execution:
    """How an execution ended, and which calls it made."""

    status: str = ""
    output: Any = None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def requests(self, call: str) -> list[dict[str, Any]]:
        """The arguments of each call of an API."""
        return [arguments for name, arguments in self.calls if name == call]


@dataclass(frozen=True)
class Interpreter:
    """Runs definitions; what a call answers is looked up by the end of its resource."""

    monkeypatch: pytest.MonkeyPatch

    def run(
        self,
        definition: dict[str, Any],
        *,
        answers: Mapping[str, Answer],
        given: dict[str, Any] | None = None,
        name: str = "20261122-101500",
    ) -> Execution:
        """Run a definition to its end."""
        execution = Execution()
        self.monkeypatch.setattr(stepfunctions, "_invoke_resource", _dispatch(execution, answers=answers))
        self.monkeypatch.setattr(stepfunctions, "_scaled_sleep", lambda seconds: time.sleep(0))
        record = _start(definition, name=name, given={} if given is None else given)
        stepfunctions._run_execution(record["executionArn"])
        execution.status = record["status"]
        execution.output = json.loads(record["output"])
        return execution


def _start(definition: dict[str, Any], *, name: str, given: dict[str, Any]) -> dict[str, Any]:
    machine = f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}"
    arn = f"arn:aws:states:us-east-1:000000000000:execution:machine:{name}"
    stepfunctions._state_machines[machine] = {"name": "machine", "definition": json.dumps(definition), "roleArn": ""}
    record: dict[str, Any] = {
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": name,
        "status": "RUNNING",
        "startDate": "2026-11-22T10:15:00Z",
        "input": json.dumps(given),
        "events": [],
        "mockAttempts": {},
    }
    stepfunctions._executions[arn] = record
    return record


def _dispatch(execution: Execution, *, answers: Mapping[str, Answer]) -> Callable[..., Any]:
    def invoke(resource: str, arguments: dict[str, Any]) -> Any:
        call = resource.rpartition(":states:::")[2]
        execution.calls.append((call, arguments))
        try:
            return answers[call](arguments)
        except TaskError as failed:
            raise stepfunctions._ExecutionError(failed.error, failed.cause) from failed

    return invoke
