"""The training jobs of a run while they run."""

from datetime import datetime, timedelta
from typing import Any

from modelyard.manifest import Model
from modelyard.manifest.names import MARK
from modelyard.operations.aws import Aws
from modelyard.operations.job_logs import last_lines
from modelyard.operations.screen.table import Cell, Table

# A tuning job's name has 32 characters: 8 are a hash, and its own jobs' names begin with it.
SEARCH_PREFIX = 22


def jobs_of(*, aws: Aws, model: Model, stage: str, run: str, since: datetime) -> Table:
    """Return the run's jobs with their state, in the order in which they were created."""
    begins, ends, own = _own_jobs(aws=aws, model=model, stage=stage, run=run, since=since)
    rows = tuple(_row(job, begins=begins, ends=ends) for job in own)
    return Table(columns=("trial", "status", "seconds"), rows=rows, title=f"Run {run}")


def last_lines_of_failed(*, aws: Aws, model: Model, stage: str, run: str, since: datetime) -> dict[str, list[str]]:
    """Return the last lines that each failed job of a run logged, by the job's name.

    Not every container says in the job's reason what its script said: those of XGBoost and scikit-learn do not.
    """
    _, _, own = _own_jobs(aws=aws, model=model, stage=stage, run=run, since=since)
    failed = [job["TrainingJobName"] for job in own if job["TrainingJobStatus"] == "Failed"]
    return {name: last_lines(aws=aws, kind="TrainingJobs", job=name) for name in failed}


def _own_jobs(
    *, aws: Aws, model: Model, stage: str, run: str, since: datetime
) -> tuple[str, str, list[dict[str, Any]]]:
    """Return the run's jobs, and what their names begin and end with.

    A listed trial's job ends with the run's name; a search's jobs begin with the search's, which began with the run.
    """
    prefix = model.endpoint(stage=stage)
    searched = model.training is not None and model.training.tuning is not None
    begins = f"{prefix[:SEARCH_PREFIX].rstrip('-')}{MARK}" if searched else f"{prefix}{MARK}"
    # A second earlier: Step Functions' time of the start is finer than SageMaker's.
    pages = aws.client("sagemaker").get_paginator("list_training_jobs")
    answer = pages.paginate(
        NameContains=begins,
        CreationTimeAfter=since - timedelta(seconds=1),
        SortBy="CreationTime",
        SortOrder="Ascending",
    ).build_full_result()
    found = [job for job in answer["TrainingJobSummaries"] if job["TrainingJobName"].startswith(begins)]
    ends = "" if searched else f"-{run}"
    return begins, ends, [job for job in found if job["TrainingJobName"].endswith(ends)]


def _row(job: dict[str, Any], *, begins: str, ends: str) -> tuple[Cell, ...]:
    name = job["TrainingJobName"].removeprefix(begins).removesuffix(ends)
    end = job.get("TrainingEndTime")
    seconds = None if end is None else round((end - job["CreationTime"]).total_seconds())
    return (name, job["TrainingJobStatus"], seconds)
