"""What is told of a run's jobs, on a local AWS whose containers of XGBoost keep a script's sentence to the log."""

from datetime import UTC, datetime, timedelta

from modelyard.manifest import Model
from modelyard.operations.aws import Aws
from modelyard.operations.training.jobs import failures_of, jobs_of, table_of_jobs
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
    jobs = jobs_of(aws=reached, model=Model(name="told"), stage="dev", run="20261122-101500", since=LONG_AGO)
    (failure,) = failures_of(aws=reached, jobs=jobs)

    assert "the label column is missing" not in described["FailureReason"]
    assert failure.reason == described["FailureReason"]
    assert failure.log[-1] == "the label column is missing"
    assert len(failure.log) == 10
    assert failure.lines[0].startswith("single failed: AlgorithmError")
    assert failure.lines[-1] == "    the label column is missing"


def test_a_job_that_completed_is_told_nothing_of(local_aws: SharedLocalAws, reached: Aws) -> None:
    job_requests = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    job_requests.train(
        job_requests.training("print(1)", changes={"TrainingJobName": "dev-quiet--single-20261122-101500"})
    )

    jobs = jobs_of(aws=reached, model=Model(name="quiet"), stage="dev", run="20261122-101500", since=LONG_AGO)

    assert failures_of(aws=reached, jobs=jobs) == []
    assert [row[:2] for row in table_of_jobs(jobs, run="20261122-101500").rows] == [("single", "Completed")]
