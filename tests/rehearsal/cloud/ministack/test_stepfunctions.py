"""The tasks of a state machine, carried out as its role through the services' own APIs."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from modelyard.constructs.workflows.states import PASSING_ERRORS
from modelyard.rehearsal.faults import Fault
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws, allow
from support.task_machines import machine, run, task


@pytest.fixture(scope="module")
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


@pytest.fixture
def inject(local_aws: SharedLocalAws) -> Iterator[Any]:
    """Have calls go wrong until the test ends."""
    yield lambda **rule: local_aws.connection.inject(Fault(**rule))
    local_aws.connection.clear_faults()


def test_an_objects_body_is_its_text(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    job_requests.put("report.json", '{"violations": []}')
    execution = run(local_aws, task("aws-sdk:s3:getObject", {"Bucket": job_requests.bucket, "Key": "report.json"}))
    assert json.loads(execution["output"])["Body"] == '{"violations": []}'


def test_a_range_of_an_object_is_read(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    job_requests.put("range.txt", "0123456789")
    asked = {"Bucket": job_requests.bucket, "Key": "range.txt", "Range": "bytes=2-4"}
    assert json.loads(run(local_aws, task("aws-sdk:s3:getObject", asked))["output"])["Body"] == "234"


def test_times_are_written_as_text(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    job_requests.put("dated.txt", "")
    asked = task("aws-sdk:s3:getObject", {"Bucket": job_requests.bucket, "Key": "dated.txt"})
    assert json.loads(run(local_aws, asked)["output"])["LastModified"].endswith("+00:00")


def test_what_is_answered_is_without_the_clients_own_data(local_aws: SharedLocalAws) -> None:
    assert set(json.loads(run(local_aws, task("aws-sdk:sts:getCallerIdentity", {}))["output"])) == {
        "UserId",
        "Account",
        "Arn",
    }


def test_a_task_acts_as_the_machines_role(local_aws: SharedLocalAws) -> None:
    arn = json.loads(run(local_aws, task("aws-sdk:sts:getCallerIdentity", {}))["output"])["Arn"]
    assert arn.startswith("arn:aws:sts::111122223333:assumed-role/test-role-")


@pytest.mark.parametrize(
    ("resource", "arguments", "action"),
    [
        ("aws-sdk:sagemaker:createTrial", {"TrialName": "t", "ExperimentName": "e"}, "sagemaker:CreateTrial"),
        ("sns:publish", {"TopicArn": "arn:aws:sns:us-east-1:111122223333:t", "Message": "m"}, "SNS:Publish"),
    ],
)
def test_a_role_without_the_permission_fails_the_task(
    local_aws: SharedLocalAws, resource: str, arguments: dict[str, Any], action: str
) -> None:
    execution = run(local_aws, task(resource, arguments), statements=[allow("states:*")])
    assert execution["status"] == "FAILED"
    assert f"is not authorized to perform: {action.lower()}" in execution["cause"].lower()
    assert "assumed-role/test-role-" in execution["cause"]


def test_an_sdks_refusal_has_the_name_of_the_services_exception(
    local_aws: SharedLocalAws, job_requests: JobRequests
) -> None:
    asked = task("aws-sdk:s3:getObject", {"Bucket": job_requests.bucket, "Key": "any"})
    execution = run(local_aws, asked, statements=[allow("states:*")])
    assert execution["error"] == "S3.S3Exception"
    assert "is not authorized to perform: s3:GetObject" in execution["cause"]


def test_a_role_that_the_service_may_not_assume_fails_the_task(local_aws: SharedLocalAws) -> None:
    definition = task("aws-sdk:sagemaker:listModels", {})
    machines, name = local_aws.client("stepfunctions"), local_aws.name("untrusted")
    arn = machines.create_state_machine(name=name, definition=json.dumps(definition), roleArn=local_aws.role())
    started = machines.start_execution(stateMachineArn=arn["stateMachineArn"])
    while (found := machines.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
        continue
    assert (found["status"], found["error"]) == ("FAILED", "SageMaker.SageMakerException")
    assert "allows principal 'states.amazonaws.com' to assume the role" in found["cause"]


def test_an_argument_that_the_operation_does_not_take_fails_the_task(local_aws: SharedLocalAws) -> None:
    execution = run(local_aws, task("aws-sdk:sagemaker:listModels", {"Colour": "red"}))
    assert (execution["status"], execution["error"]) == ("FAILED", "States.Runtime")
    assert 'Unknown parameter in input: "Colour"' in execution["cause"]


def test_an_action_that_the_service_does_not_have_fails_the_task(local_aws: SharedLocalAws) -> None:
    execution = run(local_aws, task("aws-sdk:sagemaker:makeCoffee", {}))
    assert execution["status"] == "FAILED"
    assert "MakeCoffee" in execution["cause"]


def test_members_are_taken_in_the_case_of_the_sdk(local_aws: SharedLocalAws) -> None:
    execution = run(local_aws, task("aws-sdk:sagemaker:listModels", {"maxResults": 1, "sortBy": "Name"}))
    assert execution["status"] == "SUCCEEDED"


def test_a_resource_in_use_has_its_own_error(local_aws: SharedLocalAws) -> None:
    name = local_aws.name("twice")
    local_aws.client("sagemaker").create_experiment(ExperimentName=name)
    execution = run(local_aws, task("aws-sdk:sagemaker:createExperiment", {"ExperimentName": name}))
    assert execution["status"] == "FAILED"
    assert "Status Code: 400, Request ID: " in execution["cause"]


def test_sync_answers_with_the_finished_job(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    request = job_requests.training("print('done')")
    execution = run(local_aws, task("sagemaker:createTrainingJob.sync", request))
    job = json.loads(execution["output"])
    assert (job["TrainingJobName"], job["TrainingJobStatus"]) == (request["TrainingJobName"], "Completed")
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith("/output/model.tar.gz")


def test_sync_fails_with_the_description_of_a_failed_job(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    request = job_requests.training("raise SystemExit('the data are torn')")
    execution = run(local_aws, task("sagemaker:createTrainingJob.sync", request))
    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    job = json.loads(execution["cause"])
    assert job["TrainingJobStatus"] == "Failed"
    assert "AlgorithmError" in job["FailureReason"]


def test_sync_fails_with_a_job_that_took_too_long(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    request = job_requests.training("import time\ntime.sleep(60)")
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": 1}
    execution = run(local_aws, task("sagemaker:createTrainingJob.sync", request))
    assert (execution["status"], execution["error"]) == ("FAILED", "States.TaskFailed")
    assert json.loads(execution["cause"])["SecondaryStatus"] == "MaxRuntimeExceeded"


@pytest.mark.parametrize("action", ["events:PutTargets", "events:PutRule", "events:DescribeRule"])
def test_sync_needs_the_rule_that_step_functions_keeps(
    local_aws: SharedLocalAws, job_requests: JobRequests, action: str
) -> None:
    denied = {"Effect": "Deny", "Action": action, "Resource": "*"}
    request = job_requests.training("print('done')")
    execution = run(local_aws, task("sagemaker:createTrainingJob.sync", request), statements=[allow("*"), denied])
    rule = "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
    assert execution["status"] == "FAILED"
    assert f"is not authorized to perform: {action} on resource: " in execution["cause"]
    assert rule in execution["cause"]


def test_without_sync_no_rule_is_needed(local_aws: SharedLocalAws, job_requests: JobRequests) -> None:
    request = job_requests.training("print('done')")
    denied = {"Effect": "Deny", "Action": "events:*", "Resource": "*"}
    execution = run(local_aws, task("sagemaker:createTrainingJob", request), statements=[allow("*"), denied])
    assert execution["status"] == "SUCCEEDED"
    assert set(json.loads(execution["output"])) == {"TrainingJobArn"}
    assert job_requests.trained(request["TrainingJobName"])["TrainingJobStatus"] == "Completed"


def test_more_than_a_state_can_hold_fails_whatever_is_caught(
    local_aws: SharedLocalAws, job_requests: JobRequests
) -> None:
    job_requests.put("long.txt", "x" * 300_000)
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    definition = task("aws-sdk:s3:getObject", {"Bucket": job_requests.bucket, "Key": "long.txt"}, Catch=caught)
    definition["States"]["Caught"] = {"Type": "Succeed"}

    execution = run(local_aws, definition)

    assert (execution["status"], execution["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_a_connection_that_breaks_is_an_error_of_the_sdk(
    local_aws: SharedLocalAws, job_requests: JobRequests, inject: Any
) -> None:
    inject(service="s3", operation="GetObject", contains=job_requests.bucket, drop=True)

    execution = run(local_aws, task("aws-sdk:s3:getObject", {"Bucket": job_requests.bucket, "Key": "any"}))

    assert execution["error"] == "S3.SdkClientException"


@pytest.mark.parametrize(
    ("resource", "arguments", "service", "error", "name"),
    [
        (
            "aws-sdk:cloudwatch:putMetricData",
            {"Namespace": "heard", "MetricData": [{"MetricName": "m", "Value": 1}]},
            "cloudwatch",
            "InternalServiceError",
            "CloudWatch.InternalServiceException",
        ),
        ("aws-sdk:s3:listBuckets", {}, "s3", "SlowDown", "S3.S3Exception"),
        ("aws-sdk:sagemaker:listModels", {}, "sagemaker", "ThrottlingException", "SageMaker.SageMakerException"),
        (
            "sns:publish",
            {"TopicArn": "arn:aws:sns:us-east-1:111122223333:t", "Message": "m"},
            "sns",
            "Throttling",
            "SNS.AmazonSNSException",
        ),
    ],
)
def test_a_failing_service_has_the_name_that_templates_wait_out(
    local_aws: SharedLocalAws,
    inject: Any,
    resource: str,
    arguments: dict[str, Any],
    service: str,
    error: str,
    name: str,
) -> None:
    inject(service=service, error=error)

    execution = run(local_aws, task(resource, arguments))

    assert execution["error"] == name
    assert name in PASSING_ERRORS[resource.rpartition(":")[0]]


def test_what_waits_for_a_transform_takes_no_capture(local_aws: SharedLocalAws) -> None:
    asked = {"TransformJobName": "t", "DataCaptureConfig": {"DestinationS3Uri": "s3://any/capture"}}

    execution = run(local_aws, task("sagemaker:createTransformJob.sync", asked))

    assert execution["error"] == "States.Runtime"
    assert "'DataCaptureConfig' is not supported" in execution["cause"]


def big(kilobytes: int) -> dict[str, Any]:
    """A machine whose state makes a text of so many kilobytes, and catches whatever can be caught."""
    text = f"{{% $join([1..{kilobytes}].('{'a' * 1024}')) %}}"
    make = {
        "Type": "Map",
        "Items": [1],
        "ItemProcessor": {"StartAt": "Make", "States": {"Make": {"Type": "Pass", "End": True}}},
        "Output": text,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    return {
        "QueryLanguage": "JSONata",
        "StartAt": "Collect",
        "States": {"Collect": make, "Caught": {"Type": "Pass", "Output": "caught", "End": True}},
    }


def test_a_state_s_data_beyond_256_kib_end_the_execution_and_are_not_caught(local_aws: SharedLocalAws) -> None:
    execution = run(local_aws, big(257))

    assert execution["status"] == "FAILED"
    assert execution["error"] == "States.DataLimitExceeded"
    assert "exceeding the maximum number of bytes service limit" in execution["cause"]


def test_a_state_s_data_up_to_256_kib_are_handed_on(local_aws: SharedLocalAws) -> None:
    execution = run(local_aws, big(255))

    assert execution["status"] == "SUCCEEDED"
    assert len(json.loads(execution["output"])) == 255 * 1024


def test_a_task_s_result_is_held_to_the_limit_before_its_output_is_chosen(
    local_aws: SharedLocalAws, job_requests: JobRequests
) -> None:
    job_requests.put("big.txt", "a" * 257 * 1024)
    asked = {"Bucket": job_requests.bucket, "Key": "big.txt"}
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Do"}]

    execution = run(local_aws, task("aws-sdk:s3:getObject", asked, Output="small", Catch=catch))

    assert execution["error"] == "States.DataLimitExceeded"


def test_a_choice_and_a_catcher_hand_on_an_output_of_their_own(local_aws: SharedLocalAws) -> None:
    chosen = {"Condition": "{% true %}", "Output": {"chosen": True}, "Next": "Ask"}
    asked = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Arguments": {"Bucket": "nobody-has-this", "Key": "none"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "caught", "Next": "Caught"}],
        "End": True,
    }
    states = {
        "Choose": {"Type": "Choice", "Choices": [chosen]},
        "Ask": asked,
        "Caught": {"Type": "Pass", "End": True},
    }

    execution = run(local_aws, {"QueryLanguage": "JSONata", "StartAt": "Choose", "States": states})

    assert json.loads(execution["output"]) == "caught"


PASSED = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}


def test_a_task_starts_an_execution_whose_input_is_the_object_that_it_gives(local_aws: SharedLocalAws) -> None:
    other = machine(local_aws, PASSED)
    started = run(local_aws, task("states:startExecution", {"StateMachineArn": other, "Input": {"why": "drift"}}))

    answer = json.loads(started["output"])
    assert set(answer) == {"ExecutionArn", "StartDate"}
    found = local_aws.client("stepfunctions").describe_execution(executionArn=answer["ExecutionArn"])
    assert json.loads(found["input"]) == {"why": "drift"}


def test_a_name_that_was_used_fails_the_task_by_step_functions_own_exception(local_aws: SharedLocalAws) -> None:
    asked = task("states:startExecution", {"StateMachineArn": machine(local_aws, PASSED), "Name": "once", "Input": {}})

    assert run(local_aws, asked)["status"] == "SUCCEEDED"
    assert run(local_aws, asked)["error"] == "StepFunctions.ExecutionAlreadyExistsException"


def test_members_of_an_sdks_answer_are_in_pascal_case(local_aws: SharedLocalAws) -> None:
    other = machine(local_aws, PASSED)
    local_aws.client("stepfunctions").start_execution(stateMachineArn=other, name="first", input="{}")
    listed = json.loads(run(local_aws, task("aws-sdk:sfn:listExecutions", {"StateMachineArn": other}))["output"])

    (found,) = listed["Executions"]
    assert found["Name"] == "first"


def test_only_a_role_that_may_starts_an_execution(local_aws: SharedLocalAws) -> None:
    asked = task("states:startExecution", {"StateMachineArn": machine(local_aws, PASSED), "Input": {}})
    execution = run(local_aws, asked, statements=[allow("states:ListExecutions")])

    assert execution["status"] == "FAILED"
    assert "states:startexecution" in execution["cause"].lower()
