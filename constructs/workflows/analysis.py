"""The analyzer's side of a processing job: where its data lie, and its environment.

Both engines follow one contract, that of AWS's analyzer (developer guide, "Container contract inputs" and "outputs" of
Model Monitor): the same environment, the same folders, the same files.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.requests import JobContext, Request, vpc_config
from modelyard.constructs.workflows.states import without_none
from modelyard.manifest.data import DataFormat
from modelyard.manifest.monitoring import Monitoring
from modelyard.shared.instance_types import has_local_disk

INPUT = "/opt/ml/processing/input"
BASELINE_DATASET = f"{INPUT}/baseline_dataset_input"
CODE = f"{INPUT}/code"
ENDPOINT_DATA = f"{INPUT}/endpoint"
BASELINE = "/opt/ml/processing/baseline"
OUTPUT = "/opt/ml/processing/output"
EARLIER, WINDOW = "/opt/ml/processing/earlier", "/opt/ml/processing/window"
PART = "/opt/ml/processing/part"

BASELINE_FORMAT = {"csv": {"header": True, "output_columns_position": "START"}}
DATASET_FORMATS: Mapping[DataFormat, dict[str, Any]] = {
    "csv": BASELINE_FORMAT,
    "jsonl": {"json": {"lines": True}},
    "parquet": {"parquet": {}},
}
CAPTURE_FORMAT = {"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Analyzer:
    """The image that analyzes; `code` is the S3 URI of the archive it is given to run, where it holds none itself."""

    image: str
    code: str | None = None

    @property
    def specification(self) -> Request:
        """The image and, for an archive, how Python starts it: the archive is a program of its own."""
        if self.code is None:
            return {"ImageUri": self.image}
        archive = self.code.rpartition("/")[2]
        return {"ImageUri": self.image, "ContainerEntrypoint": ["python3", f"{CODE}/{archive}"]}

    @property
    def inputs(self) -> list[Request]:
        """The archive as an input, or nothing."""
        return [] if self.code is None else [from_s3(name="code", uri=self.code, path=CODE)]


def publication_switch(*, monitoring: Monitoring) -> dict[str, str]:
    """Return the variable that says whether a check of Model Monitor's publishes metrics."""
    return {"publish_cloudwatch_metrics": "Enabled" if monitoring.publish_metrics else "Disabled"}


def baseline_job(
    *,
    monitoring: Monitoring,
    analyzer: Analyzer,
    job_context: JobContext,
    dataset: str,
    output: str,
    data_format: DataFormat = "csv",
) -> Request:
    """Return the request that makes statistics and constraints of the training data, all but its name."""
    inputs = [from_s3(name="baseline_dataset_input", uri=dataset, path=BASELINE_DATASET), *analyzer.inputs]
    environment = {
        "dataset_format": json.dumps(DATASET_FORMATS[data_format]),
        "dataset_source": BASELINE_DATASET,
        "output_path": OUTPUT,
        "publish_cloudwatch_metrics": "Disabled",
    }
    outputs = [report_to(output)]
    return processing_job(
        monitoring=monitoring,
        analyzer=analyzer,
        job_context=job_context,
        inputs=inputs,
        outputs=outputs,
        environment=environment,
    )


def processing_job(
    *,
    monitoring: Monitoring,
    analyzer: Analyzer,
    job_context: JobContext,
    inputs: Any,
    outputs: list[Request],
    environment: dict[str, str],
    instances: int = 1,
) -> Request:
    """Return all of a CreateProcessingJob request but its name; `inputs` may be an expression."""
    vpc = vpc_config(vpc=job_context.vpc)
    return {
        "AppSpecification": analyzer.specification,
        "Environment": environment,
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {
            "KmsKeyId": job_context.key_arn,
            "Outputs": outputs,
        },
        "ProcessingResources": {
            "ClusterConfig": cluster(monitoring=monitoring, job_context=job_context, instances=instances)
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": monitoring.max_runtime_minutes * 60},
        "NetworkConfig": without_none({"EnableNetworkIsolation": False, "VpcConfig": vpc}),
        "RoleArn": job_context.role_arn,
    }


def cluster(*, monitoring: Monitoring, job_context: JobContext, instances: int) -> Request:
    """Return so many machines; the disk's key goes where there is no disk of its own."""
    return without_none(
        {
            "InstanceCount": instances,
            "InstanceType": monitoring.instance,
            "VolumeSizeInGB": monitoring.volume_gb,
            "VolumeKmsKeyId": None if has_local_disk(instance=monitoring.instance) else job_context.key_arn,
        }
    )


def from_s3(*, name: str, uri: str, path: str) -> Request:
    """Return a processing job's input: everything below a URI, as files in a folder."""
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": {**source, "S3DataDistributionType": "FullyReplicated"}}


def report_to(uri: str) -> Request:
    """Return the output of a job's report: the three files."""
    return to_s3(name="monitoring_output", uri=uri, path=OUTPUT)


def to_s3(*, name: str, uri: str, path: str) -> Request:
    """Return a processing job's output: what lies in a folder when it ends, below a URI."""
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": "EndOfJob"}}
