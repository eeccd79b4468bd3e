"""Retraining: who starts a run and who looks at alarms, and what such a run does besides training."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from proofs.permissions.machines import execute, executions, fail_by, succeeded
from proofs.permissions.part import Part
from proofs.permissions.quality_parts import put_labelled_captures
from proofs.permissions.stopping import stopping
from proofs.permissions.world import Failed, World

from modelyard.constructs.workflows.retrain_start import LOOK
from modelyard.rehearsal.faults import Fault

STARTED_BEFORE = "was started before"
REFUSED = Fault(service="states", operation="ListExecutions", error="InvalidArn", times=1)


def retraining_parts(world: World) -> Iterator[Part]:
    """The parts of each state machine that starts runs of another."""
    for stack, logical_id, arn in world.resources("AWS::StepFunctions::StateMachine"):
        if logical_id.startswith("RetrainingStart"):
            model, one = world.model_of(stack), _Retraining(world=world, stack=stack, starter=arn)
            name = f"{model.name} retraining"
            yield Part(name=f"{name} call", run=one.call)
            yield Part(name=f"{name} call failing", run=partial(fail_by, world, REFUSED, machine=arn, given={}))
            yield Part(name=f"{name} look", run=partial(_look, world, starter=arn))
            yield Part(name=f"{name} run", run=one.train)
            for kind, role in (("processing", "ComparedDataRole"), ("transform", "ComparedScoringRole")):
                yield Part(name=f"{name} {kind} stopped", run=partial(one.stop, kind=kind, role=role))


def _look(world: World, *, starter: str) -> None:
    execute(world, machine=starter, given={LOOK: True})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Retraining:
    """A state machine that starts runs, and the one that it starts."""

    world: World
    stack: str
    starter: str

    def call(self) -> None:
        """Call for a run, as a schedule does. A period has one: the second call asks for all that the first did."""
        machine = str(self._arguments["StateMachineArn"])
        # While one runs nothing else is asked for.
        self.world.until(lambda: not self._running(machine), what=f"the end of the runs of {machine}")
        said = execute(self.world, machine=self.starter, given={})
        if said["started"]:
            succeeded(self.world, f"{machine.replace(':stateMachine:', ':execution:')}:{said['run']}")
        elif not said["reason"].endswith(STARTED_BEFORE):
            raise Failed(f"{self.starter} has started nothing: {said['reason']}")

    def train(self) -> None:
        """Do what a started run does, on captures with what proved true of them."""
        put_labelled_captures(self.world, stack=self.stack)
        execute(self.world, machine=self._arguments["StateMachineArn"], given=self._given)

    def stop(self, *, kind: str, role: str) -> None:
        """Stop such a run while one of its own jobs is at work."""
        stop = stopping(kind, role=role)
        stop(self.world, machine=self._arguments["StateMachineArn"], given=self._given)

    @property
    def _arguments(self) -> dict[str, Any]:
        """What the run is started with, by the machine that was deployed."""
        found = self.world.client("stepfunctions").describe_state_machine(stateMachineArn=self.starter)
        arguments: dict[str, Any] = json.loads(found["definition"])["States"]["Start the run"]["Arguments"]
        return arguments

    @property
    def _given(self) -> dict[str, Any]:
        """That, with a reason in the caller's place, and of the trials the first alone."""
        training = self.world.model_of(self.stack).training
        trials = [one.name for one in training.all_trials[:1]] if training is not None else []
        return {"trials": trials, "retrain": {**self._arguments["Input"]["retrain"], "reason": "the proof"}}

    def _running(self, machine: str) -> bool:
        return any(one["status"] == "RUNNING" for one in executions(self.world, machine))
