"""What is told of a run's jobs, on a local AWS whose containers of XGBoost keep a script's sentence to the log."""

from datetime import UTC, datetime, timedelta
from typing import Any

from modelyard.manifest import Model
from modelyard.operations.aws import Aws
from modelyard.operations.training.jobs import jobs_of, last_lines_of_failed
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws

LONG_AGO = datetime.now(UTC) - timedelta(days=2)
FAILS = """
    import sys
    for number in range(20):
        print("round", number, file=sys.stderr)
    sys.exit("the label column is missing")
"""


def test_the_last_lines_of_a_failed_job_tell_what_its_reason_does_not(local_aws: SharedLocalAws, reached: Aws) -> None:
    job_requests = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    job = "dev-told--single-20261122-101500"
    described = job_requests.train(job_requests.training(FAILS, changes={"TrainingJobName": job}))

    local_aws.connection.flush()
    told = last_lines_of_failed(
        aws=reached, model=Model(name="told"), stage="dev", run="20261122-101500", since=LONG_AGO
    )

    assert "the label column is missing" not in described["FailureReason"]
    assert told[job][-1] == "the label column is missing"
    assert len(told[job]) == 10


def test_a_job_that_completed_is_told_nothing_of(local_aws: SharedLocalAws, reached: Aws) -> None:
    job_requests = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    job_requests.train(
        job_requests.training("print(1)", changes={"TrainingJobName": "dev-quiet--single-20261122-101500"})
    )
    which: dict[str, Any] = {"aws": reached, "model": Model(name="quiet"), "stage": "dev", "run": "20261122-101500"}

    assert last_lines_of_failed(**which, since=LONG_AGO) == {}
    assert [row[:2] for row in jobs_of(**which, since=LONG_AGO).rows] == [("single", "Completed")]
