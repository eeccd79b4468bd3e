"""Which logs are chosen, and what is said where there are none: of jobs and machines of a local AWS without stacks."""

from typing import Any

import pytest

from modelyard.manifest import Model
from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import Machine
from modelyard.operations.jobs import Job
from modelyard.operations.logs.choice import JobLogs, Logs, RunLogs, named_logs, newest_logs
from modelyard.operations.logs.streams import LogReader
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws
from support.task_machines import machine

RUN = "20261122-101500"


@pytest.fixture
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


def deployment(reached: Aws, model: str) -> Deployment:
    return Deployment(aws=reached, model=Model(name=model), stage="dev")


def job_logs(reached: Aws, described: dict[str, Any]) -> JobLogs:
    name = described["TrainingJobName"]
    job = Job(
        kind="Training",
        name=name,
        label=name,
        status=described["TrainingJobStatus"],
        created=described["CreationTime"],
        ended=None,
    )
    return JobLogs(deployment=deployment(reached, "any"), jobs=(job,))


def messages(reached: Aws, logs: Logs) -> list[str]:
    return [line.message for line in LogReader(aws=reached).read(logs.sources())]


def test_what_ran_last_is_chosen_without_a_baseline_which_belongs_to_its_run(
    job_requests: JobRequests, reached: Aws
) -> None:
    for name, said in (("drift", "first"), ("truth", "second"), ("base", "third")):
        changes = {"ProcessingJobName": f"dev-newest--{name}-{RUN}"}
        job_requests.process(job_requests.processing(f"print({said!r})", changes=changes))
    job_requests.local_aws.connection.flush()

    assert messages(reached, newest_logs(deployment(reached, "newest"))) == ["second"]


def test_a_job_is_found_by_its_name_and_by_the_end_of_it_that_a_command_shows(
    job_requests: JobRequests, reached: Aws
) -> None:
    name = f"dev-named--drift-{RUN}"
    job_requests.process(job_requests.processing("print('checked')", changes={"ProcessingJobName": name}))
    job_requests.process(
        job_requests.processing("print('other')", changes={"ProcessingJobName": f"dev-named-two--drift-{RUN}"})
    )
    job_requests.local_aws.connection.flush()

    assert messages(reached, named_logs(deployment(reached, "named"), name=RUN)) == ["checked"]
    assert messages(reached, named_logs(deployment(reached, "named"), name=name)) == ["checked"]


def test_a_job_that_goes_on_is_waited_for(job_requests: JobRequests, reached: Aws) -> None:
    request = job_requests.training("import time\ntime.sleep(60)")
    job_requests.sagemaker.create_training_job(**request)
    name = request["TrainingJobName"]
    logs = job_logs(reached, job_requests.sagemaker.describe_training_job(TrainingJobName=name))

    assert not logs.is_over()
    assert logs.absence() == f"The job {name} is InProgress and has printed nothing yet; wait for it with --follow"
    job_requests.sagemaker.stop_training_job(TrainingJobName=name)
    job_requests.trained(name)
    assert logs.is_over()


def test_a_job_that_failed_before_its_container_ran_has_a_reason_in_place_of_a_log(
    job_requests: JobRequests, reached: Aws
) -> None:
    request = job_requests.training("print(1)")
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = job_requests.uri("nothing-is-here")
    described = job_requests.train(request)
    logs = job_logs(reached, described)

    assert messages(reached, logs) == []
    assert logs.absence() == (
        f"The job {request['TrainingJobName']} is Failed and has left no log: "
        f"{described['FailureReason'].rstrip('.')}; see to that and repeat it"
    )


def test_a_log_that_is_gone_is_said_to_be_kept_for_so_long(job_requests: JobRequests, reached: Aws) -> None:
    described = job_requests.train(job_requests.training("print(1)"))
    logs, name = job_logs(reached, described), described["TrainingJobName"]
    job_requests.local_aws.connection.flush()
    client, group = job_requests.local_aws.client("logs"), "/aws/sagemaker/TrainingJobs"
    for stream in client.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]:
        client.delete_log_stream(logGroupName=group, logStreamName=stream["logStreamName"])

    assert messages(reached, logs) == []
    assert logs.absence() == (
        f"The job {name} is Completed and has no log; it printed nothing, its role may not write a log, or the log was "
        "deleted: look at its role, and run it again"
    )
    client.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert logs.absence() == (
        f"The job {name} is Completed and has no log; {group} keeps its lines for 7 days: run it again, or have them "
        "kept for longer"
    )
    client.delete_retention_policy(logGroupName=group)


def run_logs(reached: Aws, local_aws: SharedLocalAws, state: dict[str, Any]) -> RunLogs:
    arn = machine(local_aws, {"QueryLanguage": "JSONata", "StartAt": "Do", "States": {"Do": state}})
    found = Machine(aws=reached, arn=arn)
    execution = found.start(name=RUN, payload={})
    return RunLogs(deployment=deployment(reached, "begun"), machine=found, arn=execution)


def test_a_run_that_failed_before_its_first_job_says_why(local_aws: SharedLocalAws, reached: Aws) -> None:
    logs = run_logs(reached, local_aws, {"Type": "Fail", "Error": "UnknownTrial", "Cause": "there is no such trial"})
    logs.machine.follow(logs.arn)

    assert logs.is_over()
    assert logs.absence() == (
        f"The run {RUN} has begun no job: UnknownTrial: there is no such trial; see to that and train again"
    )


def test_a_run_that_has_not_begun_a_job_is_waited_for(local_aws: SharedLocalAws, reached: Aws) -> None:
    logs = run_logs(reached, local_aws, {"Type": "Wait", "Seconds": 3600, "End": True})

    assert not logs.is_over()
    assert logs.absence() == f"The run {RUN} has not begun a job yet; wait for it with --follow"
    logs.machine.stop(logs.arn, cause="the test is over")
