"""The jobs of a run: the one that prepares its data, and those of its trials."""

from dataclasses import replace
from datetime import datetime, timedelta

from modelyard.manifest import Model
from modelyard.manifest.names import MARK
from modelyard.operations.aws import Aws
from modelyard.operations.jobs import Job, jobs_named
from modelyard.operations.logs.job_failure import JobFailure, failure_of
from modelyard.operations.screen.table import Table

# The name of a tuning or an AutoML job has 32 characters: 8 are a hash, and its own jobs' names begin with it.
SEARCH_PREFIX = 22


def jobs_of(*, aws: Aws, model: Model, stage: str, run: str, since: datetime) -> list[Job]:
    """Return the run's jobs in the order in which they were created, each labelled with its trial.

    The first prepares the data of all trials, where that was not done before. A listed trial's job ends with the run's
    name; a search's jobs begin with the search's, which began with the run.
    """
    prefix = model.endpoint(stage=stage)
    searched = model.training is not None and not model.training.all_trials
    begins = f"{prefix[:SEARCH_PREFIX].rstrip('-')}{MARK}" if searched else f"{prefix}{MARK}"
    ends = "" if searched else f"-{run}"
    # A second earlier: Step Functions' time of the start is finer than SageMaker's.
    found = jobs_named(aws=aws, kind="Training", contains=begins, since=since - timedelta(seconds=1))
    own = [job for job in found if job.name.startswith(begins) and job.name.endswith(ends)]
    trials = [replace(job, label=job.name.removeprefix(begins).removesuffix(ends)) for job in reversed(own)]
    if model.preprocessing is None:
        return trials
    prepares = f"{prefix}{MARK}prep-{run}"
    prepared = jobs_named(aws=aws, kind="Processing", contains=prepares, since=since - timedelta(seconds=1))
    return [*(replace(job, label="preprocessing") for job in prepared if job.name == prepares), *trials]


def table_of_jobs(jobs: list[Job], *, run: str) -> Table:
    """Jobs with their states."""
    rows = tuple(
        (job.label, job.status, None if job.ended is None else round((job.ended - job.created).total_seconds()))
        for job in jobs
    )
    return Table(columns=("trial", "status", "seconds"), rows=rows, title=f"Run {run}")


def failures_of(*, aws: Aws, jobs: list[Job]) -> list[JobFailure]:
    """Return why those jobs failed that did."""
    return [
        failure_of(aws=aws, kind=job.kind, name=job.name, label=job.label) for job in jobs if job.status == "Failed"
    ]
