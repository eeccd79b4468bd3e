"""Jobs of an earlier run of the local AWS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.rehearsal.sagemaker.jobs.training_api import TrainingApi
from modelyard.rehearsal.sagemaker.platform import Platform
from support.jobs import JobRequests
from support.own_platform import own_platform


@pytest.fixture
def platform(job_requests: JobRequests, tmp_path: Path) -> Iterator[Platform]:
    with own_platform(job_requests, folder=tmp_path) as made:
        yield made


@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_a_job_that_had_not_ended_has_failed_with_a_sentence(platform: Platform, status: str) -> None:
    job = {"TrainingJobName": "job", "TrainingJobStatus": status, "CreationTime": platform.clock.now()}
    platform.store.table("TrainingJob").add("job", job)
    TrainingApi(platform=platform).end_saved()
    assert (job["TrainingJobStatus"], "TrainingEndTime" in job) == ("Failed", True)
    assert job["FailureReason"] == (
        "InternalServerError: The local AWS was stopped while the job ran; start the job again."
    )


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
def test_a_job_that_had_ended_stays_as_it_was(platform: Platform, status: str) -> None:
    job = {"TrainingJobName": "job", "TrainingJobStatus": status}
    platform.store.table("TrainingJob").add("job", job)
    TrainingApi(platform=platform).end_saved()
    assert job == {"TrainingJobName": "job", "TrainingJobStatus": status}
