"""The end of what carries a stage's tag and is in none of its stacks: jobs are stopped, all else is deleted."""

import time
from collections.abc import Iterable, Iterator
from functools import partial

from botocore import xform_name
from botocore.exceptions import ClientError

from modelyard.operations.aws import Aws
from modelyard.operations.executions import pauses
from modelyard.operations.failures import message_of, says_absent
from modelyard.operations.teardown.steps import Seen, Step
from modelyard.operations.undeclared_resources import KINDS, RUNNING, UndeclaredResource, described

NOTEBOOK = "notebook-instance"
FAILED = "Failed"


def resource_steps(*, aws: Aws, resources: Iterable[UndeclaredResource]) -> Iterator[Step]:
    """Yield the end of each resource that can be ended here, what uses another one before that.

    A step that AWS refuses says so and ends nothing: what is left is looked for afterwards.
    """
    order = list(KINDS)
    for one in sorted((one for one in resources if one.is_deletable), key=lambda one: order.index(one.kind)):
        verb = "stop" if KINDS[one.kind].is_job else "delete"
        yield Step(what=f"{verb} the {one.words}", do=partial(_end, aws, one))


def _end(aws: Aws, resource: UndeclaredResource, seen: Seen) -> None:
    """Ask for the end of a resource, and wait for it."""
    try:
        if resource.kind == NOTEBOOK and resource.state == "InService":
            # "You must stop the notebook instance before you can delete it" (API reference, DeleteNotebookInstance).
            _call(aws, "Stop", resource)
            _follow(aws, resource, while_in=("InService", "Stopping"), seen=seen)
        if KINDS[resource.kind].is_job:
            if resource.state != "Stopping":
                _call(aws, "Stop", resource)
            _follow(aws, resource, while_in=RUNNING, seen=seen)
        else:
            _call(aws, "Delete", resource)
            _follow(aws, resource, while_in=None, seen=seen)
    except ClientError as error:
        seen("it is gone already" if says_absent(error) else f"refused: {message_of(error)}")


def _call(aws: Aws, verb: str, resource: UndeclaredResource) -> None:
    getattr(aws.client("sagemaker"), xform_name(f"{verb}{KINDS[resource.kind].noun}"))(**resource.key)


def _follow(aws: Aws, resource: UndeclaredResource, *, while_in: tuple[str, ...] | None, seen: Seen) -> None:
    """Wait until a resource has left some states, or without any until it is gone or has failed."""
    for wait in pauses():
        now = described(resource, aws=aws)
        if now is None or now.state == FAILED or (while_in is not None and now.state not in while_in):
            return
        seen(f"{resource.words}: {now.state}")
        time.sleep(wait)
