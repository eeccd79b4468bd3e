"""Clearing away: first said, then done in the order in which AWS lets it be done, then proved."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from botocore.exceptions import ClientError

from modelyard.manifest.stack_kinds import MODEL_STACK_KINDS, stack_kind
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment, Stack, find_stack
from modelyard.operations.executions import RUNNING, Machine, pauses
from modelyard.operations.failures import Failure, says_absent
from modelyard.operations.monitoring import schedule
from modelyard.operations.monitoring.monitor import Monitor, monitors_of
from modelyard.operations.undeclared import UndeclaredStack, importers_first

GONE = "DELETE_COMPLETE"

Seen = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing to do, and the words for it."""

    what: str
    do: Callable[[Seen], None]


def steps_of(deployment: Deployment) -> Iterator[Step]:
    """Yield all that clears a model's stacks away, in order; nothing for what is not there.

    Raises:
        Failure: a stack is being changed, or is protected.
    """
    for kind in reversed(MODEL_STACK_KINDS):
        stack = deployment.find(kind.key)
        if stack is None:
            continue
        check_deletable(stack)
        if kind.key == "monitoring" and stack.stands:
            for monitor in monitors_of(deployment):
                yield Step(what=f"pause {monitor.schedule}", do=partial(_pause, monitor))
        for output in kind.machines:
            if output not in stack.outputs:
                continue
            machine = Machine(aws=deployment.aws, arn=stack.outputs[output])
            yield Step(what=f"stop what runs of {machine.arn.rpartition(':')[2]}", do=partial(_stop, machine))
        yield delete_step(aws=deployment.aws, stack=stack)


def undeclared_steps(*, aws: Aws, stacks: Iterable[UndeclaredStack]) -> Iterator[Step]:
    """Yield the deletion of stacks that are of no kind of the app's, what imports before what it imports from.

    Raises:
        Failure: a stack is being changed, or is protected.
    """
    for one in importers_first(stacks):
        stack = find_stack(aws=aws, name=one.name)
        if stack is not None:
            check_deletable(stack)
            yield delete_step(aws=aws, stack=stack)


def fleet_steps(*, aws: Aws, stage: str) -> Iterator[Step]:
    """Yield the deletion of a stage's page of all models; nothing when there is none.

    Raises:
        Failure: the stack is being changed, or is protected.
    """
    stack = find_stack(aws=aws, name=stack_kind("fleet").stack_name(stage=stage))
    if stack is not None:
        check_deletable(stack)
        yield delete_step(aws=aws, stack=stack)


def delete_step(*, aws: Aws, stack: Stack, besides: str = "") -> Step:
    """Return the deletion of a stack, to its end; `besides` says what goes with it that nobody may expect."""

    def delete(seen: Seen) -> None:
        cloudformation = aws.client("cloudformation")
        identity = cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0]["StackId"]
        cloudformation.delete_stack(StackName=stack.name)
        for wait in pauses():
            now = find_stack(aws=aws, name=identity)
            if now is None or now.status == GONE:
                return
            seen(f"{stack.name}: {now.status}")
            if now.status == "DELETE_FAILED":
                # Why, in the words of the resources that could not be deleted.
                events = cloudformation.describe_stack_events(StackName=identity)["StackEvents"]
                failed = [one for one in events if one["ResourceStatus"] == "DELETE_FAILED"]
                reasons = [
                    f"{one['LogicalResourceId']}: {one['ResourceStatusReason'].rstrip('.')}"
                    for one in failed
                    if "ResourceStatusReason" in one
                ]
                why = "; ".join(reasons[:3])
                raise Failure(f"The stack {stack.name} could not be deleted: {why}; see to that and repeat")
            time.sleep(wait)

    return Step(what=f"delete the stack {stack.name}{besides}", do=delete)


def empty_step(*, aws: Aws, bucket: str) -> Step:
    """Return the deletion of all that lies in a bucket, earlier versions too."""

    def empty(seen: Seen) -> None:
        s3 = aws.client("s3")
        deleted = 0
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            if not found:
                continue
            objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            if answer.get("Errors"):
                first = answer["Errors"][0]
                why = first["Message"].rstrip(".")
                raise Failure(f"s3://{bucket}/{first['Key']} could not be deleted: {why}; see to that and repeat")
            deleted += len(objects)
            seen(f"{bucket}: {deleted:,} objects deleted")

    return Step(what=f"empty the bucket {bucket}", do=empty)


def check_deletable(stack: Stack) -> None:
    """Refuse a stack that cannot be deleted now.

    Raises:
        Failure: it is being changed, or termination protection is on.
    """
    if stack.is_changing:
        raise Failure(f"The stack {stack.name} is being changed: {stack.status}; wait until that has ended")
    if stack.protected:
        raise Failure(
            f"The stack {stack.name} is protected against its deletion; set termination_protection = false "
            "for its stage in stages.toml and deploy that first"
        )


def _pause(monitor: Monitor, seen: Seen) -> None:
    try:
        schedule.pause(monitor, seen=seen)
    except ClientError as error:
        if not says_absent(error):
            raise
        seen("the schedule is gone already")


def _stop(machine: Machine, seen: Seen) -> None:
    for listed in list(machine.executions(status=RUNNING)):
        seen(f"stopping {listed['name']}")
        machine.stop(listed["executionArn"], cause="yard teardown")
        machine.follow(listed["executionArn"])
        for name in machine.searches(listed["executionArn"]):
            _stop_search(machine.aws, name, seen)


def _stop_search(aws: Aws, name: str, seen: Seen) -> None:
    """Stop an AutoML job, for which Step Functions waits by looking at it: it goes on when its execution is stopped."""
    sagemaker = aws.client("sagemaker")
    for wait in pauses():
        status = sagemaker.describe_auto_ml_job_v2(AutoMLJobName=name)["AutoMLJobStatus"]
        if status == "InProgress":
            sagemaker.stop_auto_ml_job(AutoMLJobName=name)
        elif status != "Stopping":
            return
        seen(f"the search {name}: {status}")
        time.sleep(wait)
