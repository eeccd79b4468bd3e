"""The parts of a model's work, each done by what the templates declare, and found in them.

A part is made of a resource and of nothing that is written here: one that a stack adds is rehearsed as soon as its
kind is known, and until then its role is reported as one that no part uses.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from proofs.permissions.api_parts import api_parts
from proofs.permissions.event_parts import event_parts
from proofs.permissions.machines import execute, executions, fail, fail_for_quota, next_name
from proofs.permissions.part import Part
from proofs.permissions.quality_parts import quality_parts
from proofs.permissions.retraining_parts import retraining_parts
from proofs.permissions.stopping import stopping
from proofs.permissions.tracking_parts import tracking_parts
from proofs.permissions.world import STAGE, Failed, World, hour_of

from modelyard.manifest import Model
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.managed_check import ManagedCheck
from modelyard.operations.monitoring.monitor import DRIFT, Monitor
from modelyard.operations.monitoring.window import HOUR, Window


def parts(world: World) -> list[Part]:
    """All parts of the work of all deployed models."""
    found = [*_machines(world), *_schedules(world), *event_parts(world), *_endpoints(world), *_monitors(world)]
    found += [*api_parts(world), *quality_parts(world), *retraining_parts(world), *tracking_parts(world)]
    return sorted(found, key=lambda part: part.name)


def _machines(world: World) -> Iterator[Part]:
    for stack, logical_id, arn in world.resources("AWS::StepFunctions::StateMachine"):
        model = None if stack == f"{STAGE}-foundation" else world.model_of(stack)
        if model is None:
            continue
        if stack.endswith("-training") and logical_id.startswith("Run"):
            yield from _training(world, model=model, machine=arn)
        elif stack.endswith("-batch"):
            yield from _batches(world, model=model, machine=arn)
            yield _stopped_part(world, model=model, machine=arn, given={}, kind="transform", role="ModelRole")
        elif logical_id.startswith("MonitorCheck"):
            yield from _checks(world, model=model, machine=arn)
        elif "WatchCount" in logical_id:
            # As for a check of Model Monitor's that failed.
            broken = {"detail": {"ProcessingJobName": "proof", "ProcessingJobStatus": "Failed"}}
            yield _failing_part(world, name=f"{stack} {logical_id[:-8]}", machine=arn, given=broken)


def _execute(world: World, arn: str, given: dict[str, Any]) -> None:
    execute(world, machine=arn, given=given)


def _batches(world: World, *, model: Model, machine: str) -> Iterator[Part]:
    uploaded = "transform/proof/input/rows.csv"

    def score_uploaded() -> None:
        key = f"{model.name}/{uploaded}"
        world.client("s3").put_object(Bucket=world.deployed.bucket, Key=key, Body=world.rows.encode())
        _execute(world, machine, {"input": uploaded})

    yield Part(name=f"{model.name} batch", run=lambda: _execute(world, machine, {}))
    yield Part(name=f"{model.name} batch of an upload", run=score_uploaded)
    yield _failing_part(world, name=f"{model.name} batch", machine=machine, given={"input": "transform/no/input/"})


def _failing_part(world: World, *, name: str, machine: str, given: dict[str, Any]) -> Part:
    """A run that fails by itself, of which the alert topic is told."""
    return Part(name=f"{name} failing", run=lambda: fail(world, machine=machine, given=given))


def _training(world: World, *, model: Model, machine: str) -> Iterator[Part]:
    training = model.training
    searched = training is not None and training.tuning is not None
    automl = training is not None and training.automl is not None
    given = {} if searched or automl or training is None else {"trials": [training.all_trials[0].name]}

    def train() -> None:
        world.forget_preprocessing(model=model)
        ended = execute(world, machine=machine, given=given)
        world.promote(model=model.name, artifact=ended.get("artifact", ""), baseline=ended.get("baseline", ""))
        if model.batch is not None and model.batch.transformer is not None:
            transformer = ended["preprocessing"]["transformer"]
            world.promote_prepared(batch=model.batch, artifact=ended["artifact"], transformer=transformer)

    yield Part(name=f"{model.name} training", run=train)
    # A run that is stopped leaves its AutoML job going.
    jobs = [] if automl else ["tuning" if searched else "training"]
    for kind in [*jobs, *(["processing"] if model.monitoring is not None else [])]:
        role = "BaselineRole" if kind == "processing" else "TrainingRole"
        yield _stopped_part(world, model=model, machine=machine, given=given, kind=kind, role=role)
    if model.preprocessing is not None:
        yield from _preprocessing(world, model=model, machine=machine, given=given)


def _preprocessing(world: World, *, model: Model, machine: str, given: dict[str, Any]) -> Iterator[Part]:
    def prepare(run: Callable[..., None]) -> None:
        world.forget_preprocessing(model=model)
        run(world, machine=machine, given=given)

    stop = stopping("processing", role="PreprocessingRole")
    yield Part(name=f"{model.name} preprocessing stopped", run=lambda: prepare(stop))
    yield Part(name=f"{model.name} preprocessing failing", run=lambda: prepare(fail_for_quota))


def _checks(world: World, *, model: Model, machine: str) -> Iterator[Part]:
    def check(run: Callable[..., Any]) -> Any:
        hour = hour_of(world)
        world.put_capture(model=model, hour=hour)
        return run(world, machine=machine, given=Window(start=hour, end=hour + HOUR).input)

    yield Part(name=f"{model.name} check", run=lambda: check(execute))
    yield Part(name=f"{model.name} check failing", run=lambda: check(fail_for_quota))
    yield Part(name=f"{model.name} check stopped", run=lambda: check(stopping("processing", role="CheckRole")))


def _stopped_part(world: World, *, model: Model, machine: str, given: dict[str, Any], kind: str, role: str) -> Part:
    stop = stopping(kind, role=role)
    return Part(name=f"{model.name} {kind} stopped", run=lambda: stop(world, machine=machine, given=given))


def _schedules(world: World) -> Iterator[Part]:
    """A schedule that is due now, with the target of the deployed one: its role starts the same machine."""
    for stack, logical_id, name in world.resources("AWS::Scheduler::Schedule"):
        yield Part(name=f"{stack} {logical_id[:-8]} tick", run=partial(_tick, world, name=name))


def _tick(world: World, *, name: str) -> None:
    scheduler = world.client("scheduler")
    schedule = scheduler.get_schedule(Name=name.rpartition("/")[2])
    target, copy = schedule["Target"], next_name()
    machine, before = target["Arn"], len(executions(world, target["Arn"]))
    scheduler.create_schedule(
        Name=copy,
        ScheduleExpression=f"at({world.aws.now():%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )
    try:
        world.aws.advance(seconds=61)
    finally:
        scheduler.delete_schedule(Name=copy)
    if len(executions(world, machine)) == before:
        raise Failed(f"the schedule has not started {machine}")


def _endpoints(world: World) -> Iterator[Part]:
    for stack, _, name in world.resources("AWS::SageMaker::Endpoint"):
        yield Part(
            name=f"{world.model_of(stack).name} serving",
            run=partial(_serve, world, stack=stack, deployed=name),
        )


def _serve(world: World, *, stack: str, deployed: str) -> None:
    """An endpoint like the deployed one: it comes up, answers, captures, and is updated under its alarms."""
    sagemaker, name = world.client("sagemaker"), next_name()
    like = sagemaker.describe_endpoint(EndpointName=deployed.rpartition("/")[2])
    config = like["EndpointConfigName"]
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    try:
        _in_service(world, name)
        _answer(world, stack=stack, endpoint=name)
        sagemaker.update_endpoint(
            EndpointName=name, EndpointConfigName=config, DeploymentConfig=_brief(world, stack=stack)
        )
        _in_service(world, name)
    finally:
        sagemaker.delete_endpoint(EndpointName=name)


def _in_service(world: World, endpoint: str) -> None:
    sagemaker = world.client("sagemaker")

    def settled() -> bool:
        return not str(sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointStatus"]).endswith(("ing", "Back"))

    world.until(settled, what=f"the end of what goes on with {endpoint}")
    found = sagemaker.describe_endpoint(EndpointName=endpoint)
    if found["EndpointStatus"] != "InService" or "FailureReason" in found:
        raise Failed(str(found.get("FailureReason", found["EndpointStatus"])))


def _answer(world: World, *, stack: str, endpoint: str) -> None:
    """Twenty requests, some of which even a capture of every second one keeps."""
    row = world.rows.partition("\n")[0]
    for _ in range(20):
        world.client("sagemaker-runtime").invoke_endpoint(EndpointName=endpoint, Body=row, ContentType="text/csv")
    world.aws.connection.flush()
    prefix = f"{world.model_of(stack).layout.capture}/{endpoint}/"
    if not world.client("s3").list_objects_v2(Bucket=world.deployed.bucket, Prefix=prefix)["KeyCount"]:
        raise Failed(f"nothing of {endpoint} was captured below {prefix}")


def _brief(world: World, *, stack: str) -> dict[str, Any]:
    """The deployment that the template declares, without its waits: what it asks for it asks for at its beginning."""
    (endpoint,) = world.deployed.app.resources(stack, "SageMaker::Endpoint").values()
    alarms = endpoint["Properties"]["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    names = [world.physical[stack, alarm["AlarmName"]["Ref"]] for alarm in alarms]
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    return {
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in names]},
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 0},
    }


def _monitors(world: World) -> Iterator[Part]:
    """What SageMaker's schedule starts, over a window of captures; `yard drift --now` starts the same."""
    for stack, _, _ in world.resources("AWS::SageMaker::DataQualityJobDefinition"):
        yield Part(name=f"{world.model_of(stack).name} check", run=partial(_check_managed, world, stack))


def _check_managed(world: World, stack: str) -> None:
    model, hour = world.model_of(stack), hour_of(world)
    world.put_capture(model=model, hour=hour)
    deployment = Deployment(aws=Aws(region=world.aws.connection.region), model=model, stage=STAGE)
    monitor = Monitor(deployment=deployment, kind=DRIFT)
    window = Window(start=hour, end=hour + HOUR)
    try:
        ManagedCheck(monitor=monitor, window=window, run=next_name()).make(seen=lambda _: None)
    except Failure as failure:
        raise Failed(str(failure)) from failure
