"""Which logs of a model somebody asks for."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from botocore.exceptions import ClientError

from modelyard.manifest.names import MARK
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import Execution, Machine
from modelyard.operations.failures import Failure, says_absent
from modelyard.operations.jobs import KINDS, Job, Kind, job_now, jobs_named, reason_of
from modelyard.operations.logs.streams import LogSource, endpoint_source, job_source, retention_days
from modelyard.operations.traffic.endpoint import endpoint_state
from modelyard.operations.training.jobs import jobs_of


class Logs(Protocol):
    """Logs to read, as they are now: a run that goes on may start more jobs."""

    def sources(self) -> list[LogSource]:
        """Return where the lines lie."""

    def is_over(self) -> bool:
        """Return whether no line will come any more."""

    def absence(self) -> str:
        """Return why there is no line, and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobLogs:
    """Those of some jobs."""

    deployment: Deployment
    jobs: tuple[Job, ...]

    def sources(self) -> list[LogSource]:
        """See `Logs`."""
        return [job_source(kind=job.kind, name=job.name, label=job.label) for job in self.jobs]

    def is_over(self) -> bool:
        """See `Logs`."""
        return all(job_now(aws=self.deployment.aws, job=job).is_over for job in self.jobs)

    def absence(self) -> str:
        """See `Logs`."""
        aws = self.deployment.aws
        job = job_now(aws=aws, job=self.jobs[0])
        if not job.is_over:
            return f"The job {job.name} is {job.status} and has printed nothing yet; wait for it with --follow"
        reason = reason_of(aws=aws, kind=job.kind, name=job.name).rstrip(".")
        if reason:
            return f"The job {job.name} is {job.status} and has left no log: {reason}; see to that and repeat it"
        return f"The job {job.name} is {job.status} and has no log; {_kept(self.deployment, self.sources()[0])}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RunLogs:
    """Those of the jobs of a training run: its preprocessing, its trials and its baseline."""

    deployment: Deployment
    machine: Machine
    arn: str

    def sources(self) -> list[LogSource]:
        """See `Logs`."""
        return [job_source(kind=job.kind, name=job.name, label=job.label) for job in self.jobs(self._execution)]

    def is_over(self) -> bool:
        """See `Logs`."""
        return self._execution.is_over

    def absence(self) -> str:
        """See `Logs`."""
        execution = self._execution
        jobs = self.jobs(execution)
        if jobs:
            return JobLogs(deployment=self.deployment, jobs=tuple(jobs)).absence()
        if not execution.is_over:
            return f"The run {execution.name} has not begun a job yet; wait for it with --follow"
        why = execution.reason if execution.reason else execution.status
        return f"The run {execution.name} has begun no job: {why}; see to that and train again"

    def jobs(self, execution: Execution) -> list[Job]:
        """Return the jobs that it has begun, in their order."""
        deployment = self.deployment
        trials = jobs_of(
            aws=deployment.aws,
            model=deployment.model,
            stage=deployment.stage,
            run=execution.name,
            since=execution.started,
        )
        baseline = f"{_prefix(deployment)}base-{execution.name}"
        made = jobs_named(aws=deployment.aws, kind="Processing", contains=baseline)
        return [*trials, *(job for job in made if job.name == baseline)]

    @property
    def _execution(self) -> Execution:
        return self.machine.describe(self.arn)


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointLogs:
    """Those of the endpoint, whether it is there or not: its log outlives it."""

    deployment: Deployment

    def sources(self) -> list[LogSource]:
        """See `Logs`."""
        return [endpoint_source(self._name)]

    def is_over(self) -> bool:
        """See `Logs`."""
        return self._status in (None, "Failed")

    def absence(self) -> str:
        """See `Logs`."""
        status, model = self._status, self.deployment.model.name
        if status is None:
            stack = self.deployment.name_of("serving")
            return f"There is no endpoint {self._name}, and none has left a log; first: cdk deploy {stack}"
        if status == "Creating":
            return f"The endpoint {self._name} has printed nothing yet: yard logs {model} --endpoint --follow"
        return f"The endpoint {self._name} is {status} and has no log; {_kept(self.deployment, self.sources()[0])}"

    @property
    def _name(self) -> str:
        return self.deployment.model.endpoint(stage=self.deployment.stage)

    @property
    def _status(self) -> str | None:
        try:
            return endpoint_state(aws=self.deployment.aws, name=self._name).status
        except ClientError as error:
            if says_absent(error):
                return None
            raise


def newest_logs(deployment: Deployment) -> Logs:
    """Return those of the newest training run, or of the check or transform that began after it.

    Raises:
        Failure: nothing of the model has run yet.
    """
    run, model = newest_run(deployment), deployment.model.name
    began = None if run is None else run.machine.describe(run.arn).started
    kinds: tuple[Kind, ...] = ("Processing", "Transform")
    later = [
        job
        for kind in kinds
        for job in islice(_own_jobs(deployment, kind=kind), 1)
        if began is None or job.created > began
    ]
    if later:
        return JobLogs(deployment=deployment, jobs=(max(later, key=lambda job: job.created),))
    if run is None:
        raise Failure(
            f"Nothing of {model} has run yet; first: yard train {model}, or for the log of its endpoint: "
            f"yard logs {model} --endpoint"
        )
    return run


def trial_logs(deployment: Deployment, *, trial: str) -> Logs:
    """Return that of a trial of the newest training run.

    Raises:
        Failure: there is no run, or it has begun no trial of that name.
    """
    run, model = newest_run(deployment), deployment.model.name
    if run is None:
        raise Failure(f"No run of {model} has been started; first: yard train {model}")
    execution = run.machine.describe(run.arn)
    jobs = run.jobs(execution)
    found = [job for job in jobs if trial in (job.label, job.name)]
    if not found:
        known = ", ".join(job.label for job in jobs)
        raise Failure(
            f"--trial must be one of {known if known else 'the trials'} that the run {execution.name} has begun, got "
            f"{trial}; name one of them, or an earlier run's job by --job"
        )
    return JobLogs(deployment=deployment, jobs=tuple(found))


def named_logs(deployment: Deployment, *, name: str) -> Logs:
    """Return those of the jobs of a run, or of the job of a name: SageMaker's, or its end as commands show it.

    Raises:
        Failure: there is none.
    """
    run = next((run for run in _runs(deployment) if run.arn.endswith(f":{name}")), None)
    if run is not None:
        return run
    found = [
        job
        for kind in KINDS
        for job in jobs_named(aws=deployment.aws, kind=kind, contains=name)
        if job.name == name or (job.name.startswith(_prefix(deployment)) and job.name.endswith(f"-{name}"))
    ]
    if not found:
        model = deployment.model.name
        raise Failure(
            f"--job must be a job of {model} or its run, got {name}, of which SageMaker knows nothing; yard status "
            f"{model} names the last run, and yard drift {model} the checks"
        )
    return JobLogs(deployment=deployment, jobs=tuple(found))


def newest_run(deployment: Deployment) -> RunLogs | None:
    """Return the newest training run, if there was one."""
    return next(_runs(deployment), None)


def _runs(deployment: Deployment) -> Iterator[RunLogs]:
    """The training runs, newest first; none where training is not deployed."""
    stack = deployment.find("training")
    if stack is None or not stack.stands:
        return
    machine = Machine(aws=deployment.aws, arn=stack.output("TrainingStateMachineArn"))
    for listed in machine.executions():
        yield RunLogs(deployment=deployment, machine=machine, arn=listed["executionArn"])


def _own_jobs(deployment: Deployment, *, kind: Kind) -> Iterator[Job]:
    """The jobs of a kind, newest first, but for the baselines and preprocessing that belong to training runs."""
    prefix = _prefix(deployment)
    of_runs = (f"{prefix}base-", f"{prefix}prep-")
    for job in jobs_named(aws=deployment.aws, kind=kind, contains=prefix):
        if job.name.startswith(prefix) and not job.name.startswith(of_runs):
            yield job


def _prefix(deployment: Deployment) -> str:
    """What the names of a model's jobs begin with."""
    return f"{deployment.model.endpoint(stage=deployment.stage)}{MARK}"


def _kept(deployment: Deployment, source: LogSource) -> str:
    days = retention_days(aws=deployment.aws, group=source.group)
    if days is not None:
        return f"{source.group} keeps its lines for {days} days: run it again, or have them kept for longer"
    return (
        "it printed nothing, its role may not write a log, or the log was deleted: look at its role, and run it again"
    )
