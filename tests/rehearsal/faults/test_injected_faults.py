"""Calls that go wrong by rule, as clients and a model's parts meet them: nothing is lost, nothing is left."""

import time
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

from modelyard.constructs.workflows import states
from modelyard.operations.aws import Aws
from support.cloudformation import Stacks
from support.endpoints import Endpoints, variant
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws
from support.task_machines import executions, machine, run

Inject = Callable[..., None]
SLEEPS = "import time\ntime.sleep(600)\n"


def hits(aws: SharedLocalAws) -> list[int]:
    return [rule["hits"] for rule in aws.connection.faults()]


@pytest.mark.parametrize(
    ("service", "named", "operation", "code"),
    [
        ("s3", "s3", "list_buckets", "SlowDown"),
        ("sagemaker", "sagemaker", "list_models", "ThrottlingException"),
        ("cloudformation", "cloudformation", "list_stacks", "Throttling"),
        ("stepfunctions", "states", "list_state_machines", "ThrottlingException"),
        ("cloudwatch", "cloudwatch", "list_metrics", "ThrottlingException"),
    ],
)
def test_a_client_reads_an_injected_error_in_its_own_protocol_and_tries_again(
    local_aws: SharedLocalAws, inject: Inject, service: str, named: str, operation: str, code: str
) -> None:
    inject(service=named, error=code, times=1, caller="root")
    answer = getattr(local_aws.client(service), operation)()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert hits(local_aws) == [1]


def test_an_error_that_is_not_tried_again_reaches_the_caller_by_its_name(
    local_aws: SharedLocalAws, inject: Inject
) -> None:
    inject(service="sagemaker", operation="ListModels", error="ResourceLimitExceeded")
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceLimitExceeded"):
        local_aws.client("sagemaker").list_models()
    local_aws.client("sagemaker").list_endpoint_configs()


def test_a_dropped_connection_is_an_error_of_the_way_and_not_of_aws(local_aws: SharedLocalAws, inject: Inject) -> None:
    bucket = local_aws.bucket()
    local_aws.client("s3").put_object(Bucket=bucket, Key="there", Body=b"1")
    inject(service="s3", operation="GetObject", contains=bucket, drop=True)
    with pytest.raises(botocore.exceptions.BotoCoreError):
        local_aws.client("s3").get_object(Bucket=bucket, Key="there")["Body"].read()


def test_a_call_that_is_kept_waiting_is_carried_out(local_aws: SharedLocalAws, inject: Inject) -> None:
    bucket = local_aws.bucket()
    inject(service="s3", operation="PutObject", contains=bucket, delay=0.4)
    began = time.monotonic()
    local_aws.client("s3").put_object(Bucket=bucket, Key="late", Body=b"whole")
    assert time.monotonic() - began >= 0.4
    assert local_aws.client("s3").get_object(Bucket=bucket, Key="late")["Body"].read() == b"whole"


@pytest.mark.parametrize("error", ["SlowDown", "InternalError"])
def test_captured_records_outlive_an_s3_that_fails(
    local_aws: SharedLocalAws, host: Endpoints, inject: Inject, error: str
) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{host.bucket}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    endpoint = host.endpoint(host.config(variant(host.model()), DataCaptureConfig=capture))
    inject(service="s3", operation="PutObject", contains=f"/capture/{endpoint}/", error=error)
    host.invoke(endpoint, "2")
    assert host.captured(endpoint) == []
    assert hits(local_aws)[0] >= 1
    local_aws.connection.clear_faults()
    host.invoke(endpoint, "4")
    assert len(host.captured(endpoint)) == 2
    assert len(host.captured(endpoint)) == 2


def test_an_artifact_is_fetched_again_from_an_s3_that_failed(
    local_aws: SharedLocalAws, host: Endpoints, inject: Inject
) -> None:
    config = host.config(variant(host.model()))
    inject(service="s3", operation="GetObject", contains=host.bucket, error="SlowDown", times=1)
    host.endpoint(config)
    assert hits(local_aws) == [1]


def test_an_endpoint_whose_artifact_cannot_be_had_fails_and_leaves_nothing(host: Endpoints, inject: Inject) -> None:
    config = host.config(variant(host.model()))
    inject(service="s3", operation="GetObject", contains=host.bucket, error="InternalError")
    endpoint = host.begin(config)
    found = host.settled(endpoint)
    assert found["EndpointStatus"] == "Failed"
    assert "Failed to download model data" in found["FailureReason"]
    host.delete(endpoint)


def job_states(job_requests: JobRequests, script: str) -> dict[str, Any]:
    """A definition of one job, with the Retry that all our state machines have."""
    arguments = job_requests.processing(script)
    state = states.task(resource="sagemaker:createProcessingJob.sync", arguments=arguments, then=None, partition="aws")
    return states.machine(comment="one job", start="Do", states={"Do": state}, seconds=600)


def test_a_job_that_was_throttled_is_asked_for_again_by_the_templates_own_retry(
    local_aws: SharedLocalAws, job_requests: JobRequests, inject: Inject
) -> None:
    definition = job_states(job_requests, "print(1)\n")
    name = definition["States"]["Do"]["Arguments"]["ProcessingJobName"]
    inject(service="sagemaker", operation="CreateProcessingJob", contains=name, error="ThrottlingException", times=3)
    assert run(local_aws, definition)["status"] == "SUCCEEDED"
    assert hits(local_aws) == [3]
    assert job_requests.processed(name)["ProcessingJobStatus"] == "Completed"


def test_a_run_that_finds_no_machine_fails_at_once_and_the_next_one_goes_through(
    local_aws: SharedLocalAws, job_requests: JobRequests, inject: Inject
) -> None:
    definition = job_states(job_requests, "print(1)\n")
    name = definition["States"]["Do"]["Arguments"]["ProcessingJobName"]
    inject(service="sagemaker", operation="CreateProcessingJob", contains=name, error="ResourceLimitExceeded", times=1)
    failed = run(local_aws, definition)
    assert (failed["status"], failed["error"]) == ("FAILED", "SageMaker.ResourceLimitExceededException")
    assert _status(job_requests, definition["States"]["Do"]["Arguments"]) is None
    assert run(local_aws, definition)["status"] == "SUCCEEDED"


def test_a_job_that_never_ends_is_stopped_at_its_limit_and_fails_the_run(
    local_aws: SharedLocalAws, job_requests: JobRequests
) -> None:
    definition = job_states(job_requests, SLEEPS)
    arguments = definition["States"]["Do"]["Arguments"]
    arguments["StoppingCondition"] = {"MaxRuntimeInSeconds": 1}
    made = machine(local_aws, definition)
    local_aws.client("stepfunctions").start_execution(stateMachineArn=made)
    job_requests.await_(lambda: executions(local_aws, made)[0]["status"] == "FAILED")
    assert _status(job_requests, arguments) == "Stopped"


def test_an_execution_that_is_stopped_takes_its_job_along(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    definition = job_states(job_requests, SLEEPS)
    arguments = definition["States"]["Do"]["Arguments"]
    made = machine(local_aws, definition)
    started = local_aws.client("stepfunctions").start_execution(stateMachineArn=made)
    job_requests.await_(lambda: _status(job_requests, arguments) == "InProgress")
    local_aws.client("stepfunctions").stop_execution(executionArn=started["executionArn"])
    job_requests.await_(lambda: _status(job_requests, arguments) == "Stopped")
    assert executions(local_aws, made)[0]["status"] == "ABORTED"


def _status(job_requests: JobRequests, arguments: dict[str, Any]) -> str | None:
    found = job_requests.sagemaker.list_processing_jobs(NameContains=arguments["ProcessingJobName"])
    return next((str(job["ProcessingJobStatus"]) for job in found["ProcessingJobSummaries"]), None)


def test_yard_waits_and_asks_again_where_it_is_throttled(
    local_aws: SharedLocalAws, inject: Inject, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in local_aws.connection.variables().items():
        monkeypatch.setenv(name, value)
    inject(service="sagemaker", operation="ListEndpoints", error="ThrottlingException", times=2)
    answer = Aws().client("sagemaker").list_endpoints()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


def test_a_resource_that_fails_once_rolls_its_stack_back_and_the_next_deploy_repairs_it(
    local_aws: SharedLocalAws, stacks: Stacks, inject: Inject
) -> None:
    group = local_aws.name("group")
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Group": {
            "Type": "AWS::SageMaker::ModelPackageGroup",
            "DependsOn": "Bucket",
            "Properties": {"ModelPackageGroupName": group},
        },
    }
    inject(service="sagemaker", caller="cloudformation", contains=group, error="InternalFailure", times=1)
    failed = stacks.begin(resources)
    assert stacks.settled(failed) == "ROLLBACK_COMPLETE"
    assert "InternalFailure" in stacks.reasons(failed)
    assert stacks.identities(failed) == {}
    stacks.delete(failed)
    stacks.create(resources)
    found = local_aws.client("sagemaker").list_model_package_groups(NameContains=group)
    assert [one["ModelPackageGroupName"] for one in found["ModelPackageGroupSummaryList"]] == [group]


def test_an_update_that_fails_half_way_gives_back_what_was_and_the_next_one_goes_through(
    local_aws: SharedLocalAws, stacks: Stacks, inject: Inject
) -> None:
    before = {"Bucket": {"Type": "AWS::S3::Bucket"}}
    group = local_aws.name("group")
    after = before | {
        "Group": {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": {"ModelPackageGroupName": group}}
    }
    stack = stacks.create(before)
    bucket = stacks.physical(stack, "Bucket")
    inject(service="sagemaker", caller="cloudformation", contains=group, error="ServiceUnavailable", times=1)
    assert stacks.update(stack, after) == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.identities(stack) == {"Bucket": bucket}
    assert stacks.update(stack, after) == "UPDATE_COMPLETE"
    assert stacks.physical(stack, "Bucket") == bucket
