"""State machines of the deployed models, started and followed, whatever they do."""

import itertools
import json
from typing import Any

from proofs.permissions.world import Failed, World

from modelyard.rehearsal.faults import Fault

_NUMBERS = itertools.count(1)


def next_name() -> str:
    """A name that nothing has yet: of an execution, an endpoint or a job."""
    return f"proof-{next(_NUMBERS)}"


def start(world: World, *, machine: str, given: dict[str, Any], name: str | None = None) -> str:
    """Start a state machine and return the execution's ARN."""
    machines = world.client("stepfunctions")
    called = next_name() if name is None else name
    return str(machines.start_execution(stateMachineArn=machine, name=called, input=json.dumps(given))["executionArn"])


def described(world: World, arn: str) -> dict[str, Any]:
    """An execution as Step Functions describes it."""
    found: dict[str, Any] = world.client("stepfunctions").describe_execution(executionArn=arn)
    return found


def ended(world: World, arn: str) -> dict[str, Any]:
    """An execution at its end."""
    world.until(lambda: described(world, arn)["status"] != "RUNNING", what=f"the end of {arn}")
    return described(world, arn)


def succeeded(world: World, arn: str) -> dict[str, Any]:
    """What an execution ends with.

    Raises:
        Failed: it did not succeed.
    """
    found = ended(world, arn)
    if found["status"] != "SUCCEEDED":
        raise Failed(str(found.get("cause", found["status"])))
    output: dict[str, Any] = json.loads(found["output"])
    return output


def execute(world: World, *, machine: str, given: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    """Run a state machine to its end and return what it ends with; raises as `succeeded` does."""
    return succeeded(world, start(world, machine=machine, given=given, name=name))


def fail(world: World, *, machine: str, given: dict[str, Any]) -> None:
    """Run a state machine that is to fail by itself.

    Raises:
        Failed: it succeeded.
    """
    status = ended(world, start(world, machine=machine, given=given))["status"]
    if status != "FAILED":
        raise Failed(f"{machine} must fail, it is {status}")


def executions(world: World, machine: str) -> list[dict[str, Any]]:
    """A state machine's executions."""
    found = world.client("stepfunctions").list_executions(stateMachineArn=machine, maxResults=1000)
    return list(found["executions"])


def fail_by(world: World, fault: Fault, *, machine: str, given: dict[str, Any]) -> None:
    """A run that something goes wrong for; raises as `fail` does."""
    world.aws.connection.inject(fault)
    try:
        fail(world, machine=machine, given=given)
    finally:
        world.aws.connection.clear_faults()


def fail_for_quota(world: World, *, machine: str, given: dict[str, Any]) -> None:
    """A run that finds no machine for its processing job."""
    fault = Fault(service="sagemaker", operation="CreateProcessingJob", error="ResourceLimitExceeded", times=1)
    fail_by(world, fault, machine=machine, given=given)
