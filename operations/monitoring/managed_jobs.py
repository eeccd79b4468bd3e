"""Processing jobs that are given what AWS's schedules give theirs."""

import time
from collections.abc import Callable
from typing import Any

from modelyard.operations.aws import Aws
from modelyard.operations.executions import pauses
from modelyard.operations.failures import Failure
from modelyard.operations.jobs import ENDED, reason_in

ROOT = "/opt/ml/processing"
OUTPUT = f"{ROOT}/output"

Request = dict[str, Any]


def like_the_schedules(*, name: str, definition: Request, output: Request, report: str) -> Request:
    """Return what a job has from a definition: role, machine, network, limit; `output` is its output configuration."""
    network = definition.get("NetworkConfig")
    written = {"S3Uri": report, "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"}
    return {
        "ProcessingJobName": name,
        "RoleArn": definition["RoleArn"],
        "ProcessingOutputConfig": {
            **({"KmsKeyId": output["KmsKeyId"]} if "KmsKeyId" in output else {}),
            "Outputs": [{"OutputName": "result", "S3Output": written}],
        },
        "ProcessingResources": {"ClusterConfig": definition["JobResources"]["ClusterConfig"]},
        "StoppingCondition": definition["StoppingCondition"],
        **({"NetworkConfig": network} if network is not None else {}),
    }


def from_s3(*, name: str, uri: str, path: str) -> Request:
    """Return an input: what lies below a URI, as files in a folder."""
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": {**source, "S3DataDistributionType": "FullyReplicated"}}


def run_job(*, aws: Aws, request: Request, seen: Callable[[str], None]) -> Request:
    """Start a job, wait for its end, and return its description; an interruption stops it.

    Raises:
        Failure: it failed or was stopped.
    """
    sagemaker, name = aws.client("sagemaker"), request["ProcessingJobName"]
    sagemaker.create_processing_job(**request)
    try:
        for pause in pauses():
            job: Request = sagemaker.describe_processing_job(ProcessingJobName=name)
            seen(job["ProcessingJobStatus"])
            if job["ProcessingJobStatus"] in ENDED:
                break
            time.sleep(pause)
    except KeyboardInterrupt:
        sagemaker.stop_processing_job(ProcessingJobName=name)
        raise
    if job["ProcessingJobStatus"] != "Completed":
        reason = reason_in(job).rstrip(".")
        why = reason if reason else "no reason given"
        raise Failure(f"The check {name} ended with {job['ProcessingJobStatus']}: {why}")
    return job
