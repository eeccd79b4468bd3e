"""The batch workflow, run to its end by an interpreter."""

from typing import Any

import pytest

from modelyard.manifest.batch import Batch
from support.state_machines import Answer, Interpreter, TaskError
from support.workflows import TOPIC, batch_run

TRANSFORM = "sagemaker:createTransformJob.sync"
START = "aws-sdk:sagemaker:createTransformJob"
LOOK = "aws-sdk:sagemaker:describeTransformJob"
PUBLISH = "sns:publish"
ANSWERS: dict[str, Answer] = {
    TRANSFORM: lambda request: {},
    START: lambda request: {},
    LOOK: lambda request: {"TransformJobStatus": "Completed"},
    PUBLISH: lambda request: {},
}
CAPTURED = Batch(instance="ml.m5.xlarge", capture=True)


def transformed(interpreter: Interpreter, batch: Batch, given: dict[str, Any] | None = None) -> dict[str, Any]:
    """The request of a transform."""
    execution = interpreter.run(batch_run(batch).definition, answers=ANSWERS, given=given)
    (request,) = execution.requests(START if batch.capture else TRANSFORM)
    return request


def test_every_setting_of_the_manifest_reaches_the_job(interpreter: Interpreter) -> None:
    batch = Batch(
        instance="ml.m5.xlarge",
        instance_count=2,
        strategy="SingleRecord",
        split_type="Line",
        assemble_with="None",
        content_type="application/json",
        accept="application/jsonlines",
        max_payload_mb=20,
        max_concurrent_transforms=4,
        timeout_seconds=120,
        max_retries=1,
        input_filter="$.features",
        output_filter="$['SageMakerOutput']",
        join="Input",
        capture=True,
    )

    request = transformed(interpreter, batch)

    assert request == {
        "TransformJobName": "dev-churn--20261122-101500",
        "ModelName": "m",
        "BatchStrategy": "SingleRecord",
        "MaxPayloadInMB": 20,
        "MaxConcurrentTransforms": 4,
        "ModelClientConfig": {"InvocationsTimeoutInSeconds": 120, "InvocationsMaxRetries": 1},
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/churn/datasets/batch/"}},
            "ContentType": "application/json",
            "SplitType": "Line",
            "CompressionType": "None",
        },
        "TransformOutput": {
            "S3OutputPath": "s3://data/churn/transform/20261122-101500/output",
            "Accept": "application/jsonlines",
            "AssembleWith": "None",
            "KmsKeyId": "arn:aws:kms:eu-west-1:1:key/k",
        },
        "TransformResources": {
            "InstanceType": "ml.m5.xlarge",
            "InstanceCount": 2,
            "VolumeKmsKeyId": "arn:aws:kms:eu-west-1:1:key/k",
        },
        "DataProcessing": {
            "InputFilter": "$.features",
            "OutputFilter": "$['SageMakerOutput']",
            "JoinSource": "Input",
        },
        "DataCaptureConfig": {
            "DestinationS3Uri": "s3://data/churn/capture/transform",
            "KmsKeyId": "arn:aws:kms:eu-west-1:1:key/k",
            "GenerateInferenceId": True,
        },
    }


def test_what_the_manifest_leaves_out_is_left_out_of_the_job(interpreter: Interpreter) -> None:
    request = transformed(interpreter, Batch(instance="ml.m5.xlarge"))

    assert "DataProcessing" not in request
    assert "DataCaptureConfig" not in request


def test_a_payload_of_zero_is_kept_for_it_streams_records(interpreter: Interpreter) -> None:
    request = transformed(interpreter, Batch(instance="ml.m5.xlarge", max_payload_mb=0))

    assert request["MaxPayloadInMB"] == 0


def test_an_instance_with_a_disk_of_its_own_is_given_no_key(interpreter: Interpreter) -> None:
    request = transformed(interpreter, Batch(instance="ml.g4dn.xlarge"))

    assert "VolumeKmsKeyId" not in request["TransformResources"]


def test_another_input_may_be_scored_when_asked(interpreter: Interpreter) -> None:
    request = transformed(interpreter, Batch(instance="ml.m5.xlarge"), {"input": "datasets/batch/one.csv"})

    assert request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] == "s3://data/churn/datasets/batch/one.csv"


def test_a_run_ends_with_where_it_read_and_wrote(interpreter: Interpreter) -> None:
    execution = interpreter.run(batch_run(Batch(instance="ml.m5.xlarge")).definition, answers=ANSWERS)

    assert execution.status == "SUCCEEDED"
    assert execution.output == {
        "run": "20261122-101500",
        "source": "s3://data/churn/datasets/batch/",
        "output": "s3://data/churn/transform/20261122-101500/output",
    }


def looked_at(*statuses: str) -> Answer:
    """A job that has each of some states in turn."""
    left = list(statuses)
    return lambda request: {"TransformJobStatus": left.pop(0), "FailureReason": "record 3 broke the model"}


def test_a_captured_transform_is_looked_at_until_it_has_ended(interpreter: Interpreter) -> None:
    looks = looked_at("InProgress", "Stopping", "Completed")

    execution = interpreter.run(batch_run(CAPTURED).definition, answers={**ANSWERS, LOOK: looks})

    assert execution.status == "SUCCEEDED"
    assert [one["TransformJobName"] for one in execution.requests(LOOK)] == ["dev-churn--20261122-101500"] * 3
    assert execution.output["output"] == "s3://data/churn/transform/20261122-101500/output"


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_captured_transform_that_fails_is_reported(interpreter: Interpreter, status: str) -> None:
    execution = interpreter.run(batch_run(CAPTURED).definition, answers={**ANSWERS, LOOK: looked_at(status)})

    assert execution.status == "FAILED"
    (message,) = execution.requests(PUBLISH)
    assert message["Message"] == f"TransformFailed: The job ended as {status}: record 3 broke the model"


def test_what_waits_for_a_transform_is_not_asked_to_capture(interpreter: Interpreter) -> None:
    execution = interpreter.run(batch_run(CAPTURED).definition, answers=ANSWERS)

    assert execution.requests(TRANSFORM) == []


def test_a_transform_that_fails_is_reported(interpreter: Interpreter) -> None:
    def fail(request: dict[str, Any]) -> Any:
        raise TaskError("States.TaskFailed", "record 3 broke the model")

    definition = batch_run(Batch(instance="ml.m5.xlarge")).definition
    execution = interpreter.run(definition, answers={**ANSWERS, TRANSFORM: fail})

    (message,) = execution.requests(PUBLISH)
    assert execution.status == "FAILED"
    assert message == {
        "TopicArn": TOPIC,
        "Subject": "dev-churn: batch transform failed",
        "Message": "States.TaskFailed: record 3 broke the model",
    }
