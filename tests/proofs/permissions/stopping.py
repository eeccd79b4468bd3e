"""Executions that are stopped while one of their jobs is at work: the job is stopped too."""

from collections.abc import Callable, Mapping
from typing import Any

from proofs.permissions.machines import described, start
from proofs.permissions.world import Failed, World

from modelyard.rehearsal.faults import Fault

HELD_SECONDS = 6.0
_JOBS = {
    "training": ("list_training_jobs", "TrainingJobSummaries", "TrainingJobStatus"),
    "tuning": ("list_hyper_parameter_tuning_jobs", "HyperParameterTuningJobSummaries", "HyperParameterTuningJobStatus"),
    "processing": ("list_processing_jobs", "ProcessingJobSummaries", "ProcessingJobStatus"),
    "transform": ("list_transform_jobs", "TransformJobSummaries", "TransformJobStatus"),
}
_AT_WORK = ("InProgress", "Stopping")


def stopping(kind: str, *, role: str) -> Callable[..., None]:
    """What stops an execution while a job of a kind runs; afterwards none may.

    The job's role waits for its first object: so the job is there long enough to be met at work.
    """

    def stop(world: World, *, machine: str, given: dict[str, Any], name: str | None = None) -> None:
        # A run that may not follow its job leaves it behind: that one is not to be taken for this one's.
        world.until(lambda: not _at_work(world, kind=kind), what=f"the end of earlier {kind} jobs")
        world.aws.connection.inject(
            Fault(service="s3", operation="GetObject", caller=role, delay=HELD_SECONDS, times=1)
        )
        try:
            _stop(world, arn=start(world, machine=machine, given=given, name=name), kind=kind)
        finally:
            world.aws.connection.clear_faults()

    return stop


def _stop(world: World, *, arn: str, kind: str) -> None:
    world.until(lambda: bool(_at_work(world, kind=kind)) or _over(world, arn), what=f"a {kind} job of {arn}")
    execution = described(world, arn)
    if execution["status"] == "FAILED":
        raise Failed(str(execution.get("cause")))
    met = {_name(job) for job in _at_work(world, kind=kind)}
    if execution["status"] == "RUNNING":
        world.client("stepfunctions").stop_execution(executionArn=arn)
    world.until(lambda: not _at_work(world, kind=kind), what=f"the end of the {kind} jobs of {arn}")
    _require_stopped(world, kind=kind, names=met)


def _require_stopped(world: World, *, kind: str, names: set[str]) -> None:
    """A job that was at work and ran on to its end has not been stopped."""
    status = _JOBS[kind][2]
    for job in _listed(world, kind=kind):
        if _name(job) in names and job[status] != "Stopped":
            raise Failed(f"{_name(job)} was not stopped, it is {job[status]}")


def _name(job: Mapping[str, Any]) -> str:
    (name,) = [str(value) for key, value in job.items() if key.endswith("JobName")]
    return name


def _over(world: World, arn: str) -> bool:
    return bool(described(world, arn)["status"] != "RUNNING")


def _at_work(world: World, *, kind: str) -> list[Any]:
    status = _JOBS[kind][2]
    return [job for job in _listed(world, kind=kind) if job[status] in _AT_WORK]


def _listed(world: World, *, kind: str) -> list[Any]:
    operation, member, _ = _JOBS[kind]
    return list(getattr(world.client("sagemaker"), operation)(MaxResults=100)[member])
