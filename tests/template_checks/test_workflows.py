from typing import Any

import pytest

from modelyard.constructs.workflows.states import PASSING_ERRORS, task
from support.templates import resource, sentences_of


def machine(state: dict[str, Any]) -> dict[str, Any]:
    return resource("AWS::StepFunctions::StateMachine", {"Definition": {"StartAt": "Do", "States": {"Do": state}}})


def retrying(resource_arn: Any, *errors: str) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource_arn, "Retry": [{"ErrorEquals": list(errors)}], "End": True}


def said(state: dict[str, Any]) -> list[str]:
    return sentences_of(Machine=machine(state), rule="S24")


@pytest.mark.parametrize("partition", ["aws", {"Ref": "AWS::Partition"}])
@pytest.mark.parametrize(
    ("called", "error"),
    [
        ("aws-sdk:s3:getObject", "SageMaker.SageMakerException"),
        ("aws-sdk:cloudwatch:putMetricData", "S3.S3Exception"),
        ("sagemaker:createTrainingJob.sync", "ThrottlingException"),
        ("sns:publish", "Lambda.ServiceException"),
    ],
)
def test_s24_refuses_a_retry_after_errors_of_another_service(partition: Any, called: str, error: str) -> None:
    arn = {"Fn::Join": ["", ["arn:", partition, f":states:::{called}"]]}
    service = called.removeprefix("aws-sdk:").partition(":")[0]

    assert said(retrying(arn, error)) == [
        f"S24 Machine.Definition.States.Do.Retry must be one that names errors of {service}, such as those of its SDK, "
        f'got ["{error}"] in stack; errors are named by service and exception: S3.S3Exception, '
        "CloudWatch.CloudWatchException"
    ]


def test_s24_looks_into_the_states_of_a_map() -> None:
    inner = retrying("arn:aws:states:::aws-sdk:s3:getObject", "SageMaker.SageMakerException")
    processor = {"StartAt": "Do", "States": {"Do": inner}}

    assert len(said({"Type": "Map", "ItemProcessor": processor, "End": True})) == 1


@pytest.mark.parametrize("integration", PASSING_ERRORS)
def test_s24_takes_the_retries_of_every_task_of_ours(integration: str) -> None:
    assert said(task(resource=f"{integration}:call", arguments={}, then=None, partition="aws")) == []


@pytest.mark.parametrize(
    "state",
    [
        retrying("arn:aws:states:::lambda:invoke", "MyOwnError", "Lambda.ServiceException"),
        retrying("arn:aws:states:::states:startExecution", "StepFunctions.ExecutionLimitExceededException"),
        retrying("arn:aws:states:::aws-sdk:s3:getObject", "States.TaskFailed"),
        retrying("arn:aws:lambda:eu-west-1:111111111111:function:f", "MyOwnError"),
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "End": True},
        {"Type": "Pass", "End": True},
    ],
)
def test_s24_takes_what_a_task_may_raise(state: dict[str, Any]) -> None:
    assert said(state) == []
