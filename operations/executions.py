"""Executions of the state machines: start one or find it, follow it, read what it ended with."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure
from modelyard.operations.jobs import reason_in

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
AUTOML_JOB = "AutoMLJobArn"

# Between two looks: quick at first, for what is over in seconds, and then as long as Step Functions' quotas like.
FIRST_PAUSE_SECONDS = 0.3
LONGEST_PAUSE_SECONDS = 10.0
GROWTH = 1.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    """One execution as Step Functions describes it; `output` is empty until it has succeeded."""

    arn: str
    status: str
    started: datetime
    stopped: datetime | None
    input: dict[str, Any]
    output: dict[str, Any]
    error: str
    cause: str

    @property
    def name(self) -> str:
        """Its name, the last part of its ARN."""
        return self.arn.rpartition(":")[2]

    @property
    def is_over(self) -> bool:
        """Whether it has ended, one way or the other."""
        return self.status != RUNNING

    @property
    def reason(self) -> str:
        """What it failed with, in one sentence; empty for one that did not."""
        return f"{self.error}: {_words(self.cause)}".rstrip(".") if self.error else ""

    def result(self, *, what: str) -> dict[str, Any]:
        """Return what it ended with.

        Raises:
            Failure: it did not succeed.
        """
        if self.status != SUCCEEDED:
            why = self.reason if self.reason else self.status
            raise Failure(f"{what} {self.name} ended with {self.status}: {why}")
        return self.output


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """A state machine that an operator starts."""

    aws: Aws
    arn: str

    def start(self, *, name: str, payload: dict[str, Any]) -> str:
        """Start an execution and return its ARN; a name that is in use with the same input is that execution."""
        answer = self._sfn.start_execution(stateMachineArn=self.arn, name=name, input=json.dumps(payload))
        return str(answer["executionArn"])

    def executions(self, *, status: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield what Step Functions still knows (90 days), newest first."""
        wanted = {} if status is None else {"statusFilter": status}
        for page in self._sfn.get_paginator("list_executions").paginate(stateMachineArn=self.arn, **wanted):
            yield from page["executions"]

    def describe(self, arn: str) -> Execution:
        """Return one execution, whole."""
        found = self._sfn.describe_execution(executionArn=arn)
        return Execution(
            arn=found["executionArn"],
            status=found["status"],
            started=found["startDate"],
            stopped=found.get("stopDate"),
            input=json.loads(found.get("input") or "{}"),
            output=json.loads(found.get("output") or "{}"),
            error=found.get("error", ""),
            cause=found.get("cause", ""),
        )

    def follow(self, arn: str, *, seen: Callable[[Execution], None] = lambda _: None) -> Execution:
        """Look again and again until it has ended; `seen` is told each time."""
        for pause in pauses():
            execution = self.describe(arn)
            seen(execution)
            if execution.is_over:
                return execution
            time.sleep(pause)
        raise AssertionError("pauses never end")

    def stop(self, arn: str, *, cause: str) -> None:
        """Stop an execution; the jobs that it waits for are stopped with it."""
        self._sfn.stop_execution(executionArn=arn, error="StoppedByOperator", cause=cause)

    def searches(self, arn: str) -> set[str]:
        """Return the names of the AutoML jobs that an execution has started, which do not end with it."""
        pages = self._sfn.get_paginator("get_execution_history").paginate(executionArn=arn)
        events = (event.get("taskSucceededEventDetails", {}) for page in pages for event in page["events"])
        outputs = [json.loads(event["output"]) for event in events if AUTOML_JOB in event.get("output", "")]
        return {one[AUTOML_JOB].rpartition("/")[2] for one in outputs if isinstance(one, dict) and AUTOML_JOB in one}

    def definition(self) -> str:
        """Return the deployed definition, in the words in which it was deployed."""
        return str(self._sfn.describe_state_machine(stateMachineArn=self.arn)["definition"])

    @property
    def _sfn(self) -> Any:
        return self.aws.client("stepfunctions")


def run_name(*, moment: datetime) -> str:
    """Return the name of a run that is started at a moment, as job names and folders carry it."""
    return f"{moment:%Y%m%d-%H%M%S}"


def pauses() -> Iterator[float]:
    """Yield how many seconds to wait before looking again, for ever."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * GROWTH, LONGEST_PAUSE_SECONDS)


def _words(cause: str) -> str:
    """The reason in a cause, which for a job that failed is the job's whole description."""
    try:
        described = json.loads(cause)
    except ValueError:
        return " ".join(cause.split())
    reason = reason_in(described) if isinstance(described, dict) else ""
    return " ".join((reason if reason else cause).split())
