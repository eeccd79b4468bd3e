"""Model quality: its baseline, and the checks of both engines over captures with what proved true of them."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from proofs.permissions.machines import execute, fail_for_quota, next_name
from proofs.permissions.part import Part
from proofs.permissions.stopping import stopping
from proofs.permissions.world import STAGE, Failed, World, hour_of

from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.managed_quality import ManagedQualityCheck
from modelyard.operations.monitoring.monitor import QUALITY, Monitor
from modelyard.operations.monitoring.window import HOUR, Window
from modelyard.operations.quality.baseline import DATA_FILE

TABLE = "label,probability\n1,0.9\n0,0.1\n1,0.4\n0,0.6\n"


def quality_parts(world: World) -> Iterator[Part]:
    """The parts of each monitoring stack that measures quality."""
    for stack, logical_id, arn in world.resources("AWS::StepFunctions::StateMachine"):
        name = f"{world.model_of(stack).name} quality"
        if logical_id.startswith("QualityPrepare"):
            # By its name it is done before the checks, which read what it made.
            yield Part(name=f"{name} baseline", run=partial(_prepare, world, stack=stack, machine=arn))
            stopped = partial(_stop_preparing, world, stack=stack, machine=arn)
            yield Part(name=f"{name} baseline stopped", run=stopped)
            yield Part(name=f"{name} baseline failing", run=partial(fail_for_quota, world, machine=arn, given={}))
        if logical_id.startswith("QualityMonitorCheck"):
            yield Part(name=f"{name} check", run=partial(_check, world, stack=stack, machine=arn))
            yield Part(name=f"{name} check stopped", run=partial(_stop_checking, world, stack=stack, machine=arn))
            yield Part(name=f"{name} check failing", run=partial(_check_failing, world, stack=stack, machine=arn))
    for stack, logical_id, _ in world.resources("AWS::SageMaker::MonitoringSchedule"):
        if logical_id.startswith("Quality"):
            yield Part(name=f"{world.model_of(stack).name} quality check", run=partial(_managed, world, stack=stack))


def _put_answers(world: World, *, stack: str) -> str:
    """Leave labelled answers for a run, and return its name."""
    run = next_name()
    key = f"{world.model_of(stack).layout.quality_data(run=run)}{DATA_FILE}"
    world.client("s3").put_object(Bucket=world.deployed.bucket, Key=key, Body=TABLE)
    return run


def _stop_preparing(world: World, *, stack: str, machine: str) -> None:
    run = _put_answers(world, stack=stack)
    stopping("processing", role="QualityBaselineRole")(world, machine=machine, given={}, name=run)


def _stop_checking(world: World, *, stack: str, machine: str) -> None:
    window = put_labelled_captures(world, stack=stack)
    stopping("processing", role="QualityCheckRole")(world, machine=machine, given=window.input)


def _prepare(world: World, *, stack: str, machine: str) -> None:
    run = _put_answers(world, stack=stack)
    made = execute(world, machine=machine, given={}, name=run)["baseline"]
    world.promote_quality(model=world.model_of(stack).name, baseline=made)


def _check(world: World, *, stack: str, machine: str) -> None:
    execute(world, machine=machine, given=put_labelled_captures(world, stack=stack).input)


def _check_failing(world: World, *, stack: str, machine: str) -> None:
    fail_for_quota(world, machine=machine, given=put_labelled_captures(world, stack=stack).input)


def _managed(world: World, *, stack: str) -> None:
    deployment = Deployment(aws=Aws(region=world.aws.connection.region), model=world.model_of(stack), stage=STAGE)
    check = ManagedQualityCheck(
        monitor=Monitor(deployment=deployment, kind=QUALITY),
        window=put_labelled_captures(world, stack=stack),
        run=next_name(),
    )
    try:
        check.make(seen=lambda _: None)
    except Failure as failure:
        raise Failed(str(failure)) from failure


def put_labelled_captures(world: World, *, stack: str) -> Window:
    """Leave captures in an hour's folders and what proved true of them, and return the hour as a window."""
    model, hour = world.model_of(stack), hour_of(world)
    ids = world.put_capture(model=model, hour=hour)
    lines = "".join(json.dumps(_truth(one)) + "\n" for one in ids)
    folder = f"{model.layout.ground_truth}/{model.endpoint(stage=STAGE)}/{hour:%Y/%m/%d/%H}"
    world.client("s3").put_object(Bucket=world.deployed.bucket, Key=f"{folder}/{next_name()}.jsonl", Body=lines)
    return Window(start=hour, end=hour + HOUR)


def _truth(event: str) -> dict[str, Any]:
    return {
        "groundTruthData": {"data": "1", "encoding": "CSV"},
        "eventMetadata": {"eventId": event},
        "eventVersion": "0",
    }
