"""What has come of the last call for a run that nobody starts by hand."""

from itertools import islice
from typing import Any

from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import Machine
from modelyard.operations.retraining.proposing import Register
from modelyard.operations.retraining.run import newest_run

OUTPUT = "RetrainingStateMachineArn"


def last_retraining(deployment: Deployment) -> dict[str, Any] | None:
    """Return the last call and its result, and the newest run that is over with its verdict; None without retraining.

    A stack that was deployed before the table was declared has nothing that is called.
    """
    stack = deployment.find("training")
    if stack is None or OUTPUT not in stack.outputs:
        return None
    machine = Machine(aws=deployment.aws, arn=stack.output(OUTPUT))
    bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
    run = newest_run(model=deployment.model, bucket=bucket)
    verdict = None if run is None else Register(model=deployment.model, bucket=bucket).verdict(run.name)
    return {
        **_last_call(machine),
        "last_run": None if run is None else run.name,
        "started_by": None if run is None else run.reason,
        "verdict": None if verdict is None else verdict.outcome,
        "proposal": None if verdict is None else verdict.url,
    }


def _last_call(machine: Machine) -> dict[str, Any]:
    for listed in islice(machine.executions(), 1):
        execution = machine.describe(listed["executionArn"])
        result = "started" if execution.output.get("started") else execution.output.get("reason", execution.reason)
        return {"last_call": f"{execution.started:%Y-%m-%d %H:%M}", "result": result if result else execution.status}
    return {"last_call": None, "result": None}
