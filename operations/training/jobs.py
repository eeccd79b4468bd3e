"""The training jobs of a run while they run."""

from datetime import datetime, timedelta
from typing import Any

from modelyard.manifest import Model
from modelyard.manifest.names import MARK
from modelyard.operations.aws import Aws
from modelyard.operations.screen.table import Cell, Table

# A tuning job's name has 32 characters: 8 are a hash, and its own jobs' names begin with it.
SEARCH_PREFIX = 22


def jobs_of(*, aws: Aws, model: Model, stage: str, run: str, since: datetime) -> Table:
    """Return the run's jobs with their state, in the order in which they were created.

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
    own = [job for job in found if searched or job["TrainingJobName"].endswith(f"-{run}")]
    rows = tuple(_row(job, begins=begins, ends="" if searched else f"-{run}") for job in own)
    return Table(columns=("trial", "status", "seconds"), rows=rows, title=f"Run {run}")


def _row(job: dict[str, Any], *, begins: str, ends: str) -> tuple[Cell, ...]:
    name = job["TrainingJobName"].removeprefix(begins).removesuffix(ends)
    end = job.get("TrainingEndTime")
    seconds = None if end is None else round((end - job["CreationTime"]).total_seconds())
    return (name, job["TrainingJobStatus"], seconds)
