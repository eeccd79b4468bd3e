"""Jobs on a rehearsal that runs: their scripts and data in a bucket, their roles, and their ends."""

import io
import tarfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from support.local_aws import ANYTHING, SharedLocalAws

ACCOUNT = "246618743249.dkr.ecr.us-west-2.amazonaws.com"
XGBOOST = f"{ACCOUNT}/sagemaker-xgboost:3.2-0"
SCIKIT = f"{ACCOUNT}/sagemaker-scikit-learn:1.9-0"
ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
_PATIENCE = 120.0


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """Return a tar.gz of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            content = text if isinstance(text, bytes) else dedent(text).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """Return the files of a tar.gz."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        found = {member.name: tar.extractfile(member) for member in tar if member.isfile()}
        return {name: file.read() for name, file in found.items() if file is not None}


@dataclass(kw_only=True)
class JobRequests:
    """A bucket of its own on a rehearsal, and the requests that jobs begin with."""

    local_aws: SharedLocalAws
    bucket: str

    @property
    def sagemaker(self) -> Any:
        return self.local_aws.client("sagemaker")

    def put(self, key: str, content: str | bytes) -> str:
        body = content if isinstance(content, bytes) else dedent(content).encode()
        self.local_aws.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return self.uri(key)

    def get(self, key: str) -> bytes:
        content: bytes = self.local_aws.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def keys(self, prefix: str = "") -> list[str]:
        found = self.local_aws.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in found.get("Contents", [])]

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def role(self, *statements: dict[str, Any]) -> str:
        return self.local_aws.role(statements=statements if statements else ANYTHING)

    def training(
        self,
        script: str,
        *,
        role: str | None = None,
        metrics: Sequence[tuple[str, str]] = (),
        hyperparameters: Mapping[str, str] | None = None,
        changes: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return a request for a script's training job, with one channel `train`."""
        name = self.local_aws.name("train")
        archive = self.put(f"{name}/sourcedir.tar.gz", packed({"train.py": script}))
        self.put(f"{name}/data/rows.csv", "1,2\n")
        own = {"sagemaker_program": '"train.py"', "sagemaker_submit_directory": f'"{archive}"'}
        request = self.fit(name=name, image=XGBOOST, role=role, channels={"train": self.uri(f"{name}/data")})
        request["HyperParameters"] = {**(hyperparameters or {}), **own}
        definitions = [{"Name": metric, "Regex": regex} for metric, regex in metrics]
        if definitions:
            request["AlgorithmSpecification"]["MetricDefinitions"] = definitions
        return {**request, **(changes or {})}

    def fit(self, *, name: str, image: str, role: str | None, channels: Mapping[str, str]) -> dict[str, Any]:
        """Return a request for a training job without a script."""
        return {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
            "RoleArn": self.role() if role is None else role,
            "InputDataConfig": [
                {
                    "ChannelName": channel,
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
                    "ContentType": "text/csv",
                }
                for channel, uri in channels.items()
            ],
            "OutputDataConfig": {"S3OutputPath": self.uri("out")},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        }

    def train(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start a training job and return its description at the end."""
        self.sagemaker.create_training_job(**request)
        return self.trained(request["TrainingJobName"])

    def trained(self, name: str) -> dict[str, Any]:
        return self.ended(lambda: self.sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus")

    def processing(
        self,
        script: str,
        *,
        arguments: Sequence[str] = (),
        role: str | None = None,
        outputs: Sequence[dict[str, Any]] = (),
        changes: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return a request of the script processor's for a script."""
        name = self.local_aws.name("process")
        code = self.put(f"{name}/code/work.py", script)
        request: dict[str, Any] = {
            "ProcessingJobName": name,
            "AppSpecification": {
                "ImageUri": SCIKIT,
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/work.py"],
            },
            "ProcessingInputs": [source("code", code, "/opt/ml/processing/input/code")],
            "ProcessingOutputConfig": {"Outputs": list(outputs)},
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
            },
            "RoleArn": self.role() if role is None else role,
        }
        if arguments:
            request["AppSpecification"]["ContainerArguments"] = list(arguments)
        return {**request, **(changes or {})}

    def process(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start a processing job and return its description at the end."""
        self.sagemaker.create_processing_job(**request)
        return self.processed(request["ProcessingJobName"])

    def processed(self, name: str) -> dict[str, Any]:
        return self.ended(lambda: self.sagemaker.describe_processing_job(ProcessingJobName=name), "ProcessingJobStatus")

    def ended(self, describe: Any, status: str) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE
        while (found := describe())[status] in ("InProgress", "Stopping"):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return dict(found)

    def await_(self, holds: Any) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def log(self, group: str, job: str) -> list[str]:
        """Return the lines of all streams of a job."""
        logs = self.local_aws.client("logs")
        group = f"/aws/sagemaker/{group}"
        try:
            streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")["logStreams"]
        except logs.exceptions.ResourceNotFoundException:
            # No job of this kind has written a line yet.
            return []
        found = [
            logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
            for stream in streams
        ]
        return [event["message"] for events in found for event in events]


def source(name: str, uri: str, path: str) -> dict[str, Any]:
    """Return a processing job's input."""
    given = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": given}


def target(name: str, uri: str, path: str, *, mode: str = "EndOfJob") -> dict[str, Any]:
    """Return a processing job's output."""
    return {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": mode}}
