"""State machines of one task, run on a rehearsal."""

import json
import time
from collections.abc import Sequence
from typing import Any

from support.local_aws import ANYTHING, SharedLocalAws

PATIENCE_SECONDS = 60.0


def task(resource: str, arguments: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a definition of one task, in JSONata."""
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True}
    return {"QueryLanguage": "JSONata", "StartAt": "Do", "States": {"Do": state | members}}


def machine(aws: SharedLocalAws, definition: dict[str, Any], *, statements: Sequence[dict[str, Any]] = ANYTHING) -> str:
    """Make a state machine with a role of its own, and return its ARN."""
    made = aws.client("stepfunctions").create_state_machine(
        name=aws.name("machine"),
        definition=json.dumps(definition),
        roleArn=aws.role(statements=statements, service="states.amazonaws.com"),
    )
    return str(made["stateMachineArn"])


def run(
    aws: SharedLocalAws,
    definition: dict[str, Any],
    *,
    statements: Sequence[dict[str, Any]] = ANYTHING,
    given: dict[str, Any] | None = None,
) -> Any:
    """Run a definition to its end with an input, and return its execution."""
    machines = aws.client("stepfunctions")
    made = machine(aws, definition, statements=statements)
    arn = machines.start_execution(stateMachineArn=made, input=json.dumps({} if given is None else given))[
        "executionArn"
    ]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := machines.describe_execution(executionArn=arn))["status"] == "RUNNING":
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def executions(aws: SharedLocalAws, arn: str) -> list[Any]:
    """Return a state machine's executions."""
    return list(aws.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"])
