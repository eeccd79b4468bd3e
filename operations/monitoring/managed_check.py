"""A check by AWS's analyzer outside its schedule: SageMaker's schedule takes no window, a processing job takes any.

The job is given what the schedule would give it (developer guide, "Container contract inputs" of Model Monitor), and
leaves its files where the schedule leaves them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from manifest.names import MARK
from operations.bucket import DataBucket
from operations.deployment import Deployment
from operations.executions import pauses
from operations.failures import Failure
from operations.monitoring.window import FORM, Window

ROOT = "/opt/ml/processing"
DATA, OUTPUT = f"{ROOT}/input/endpoint", f"{ROOT}/output"
BASELINE = {"constraints": f"{ROOT}/baseline/constraints", "statistics": f"{ROOT}/baseline/stats"}
FORMAT = {"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}
ENDED = frozenset({"Completed", "Failed", "Stopped"})

Request = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ManagedCheck:
    """One check of a window with the image, the role and the baseline of the deployed definition."""

    deployment: Deployment
    window: Window
    run: str

    @property
    def job(self) -> str:
        """The processing job's name."""
        return f"{_begins(self.deployment)}{self.run}"

    def make(self, *, seen: Callable[[str], None]) -> str:
        """Run the job to its end and return the folder of its results; empty when nothing was captured.

        Raises:
            Failure: the job failed or was stopped.
        """
        folders = self._captured()
        if not folders:
            return ""
        sagemaker = self.deployment.aws.client("sagemaker")
        sagemaker.create_processing_job(**self.request(definition=self._definition(), folders=folders))
        try:
            self._wait(seen=seen)
        except KeyboardInterrupt:
            sagemaker.stop_processing_job(ProcessingJobName=self.job)
            raise
        return self._report

    def request(self, *, definition: Request, folders: list[str]) -> Request:
        """The processing job that the schedule would have started for this window."""
        application = definition["DataQualityAppSpecification"]
        output = definition["DataQualityJobOutputConfig"]
        network = definition.get("NetworkConfig")
        return {
            "ProcessingJobName": self.job,
            "RoleArn": definition["RoleArn"],
            "AppSpecification": {"ImageUri": application["ImageUri"]},
            "Environment": {**application.get("Environment", {}), **self._environment()},
            "ProcessingInputs": [*_baseline(definition["DataQualityBaselineConfig"]), *self._inputs(folders)],
            "ProcessingOutputConfig": {
                **({"KmsKeyId": output["KmsKeyId"]} if "KmsKeyId" in output else {}),
                "Outputs": [
                    {
                        "OutputName": "result",
                        "S3Output": {
                            "S3Uri": f"s3://{self.deployment.bucket}/{self._report}",
                            "LocalPath": OUTPUT,
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ],
            },
            "ProcessingResources": {"ClusterConfig": definition["JobResources"]["ClusterConfig"]},
            "StoppingCondition": definition["StoppingCondition"],
            **({"NetworkConfig": network} if network is not None else {}),
        }

    @property
    def _report(self) -> str:
        root = self.deployment.output("monitoring", "MonitoringReportPrefix")
        return f"{root}/{self.window.end:%Y/%m/%d/%H}"

    def _definition(self) -> Request:
        sagemaker = self.deployment.aws.client("sagemaker")
        name = self.deployment.output("monitoring", "MonitoringScheduleName")
        schedule = sagemaker.describe_monitoring_schedule(MonitoringScheduleName=name)
        definition = schedule["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"]
        return dict(sagemaker.describe_data_quality_job_definition(JobDefinitionName=definition))

    def _captured(self) -> list[str]:
        """The folders of the window that hold captures, by variant and hour."""
        serving = self.deployment.model.serving
        variants = [variant.name for variant in serving.variants] if serving is not None else []
        bucket = DataBucket(aws=self.deployment.aws, name=self.deployment.bucket)
        folders = [f"{variant}/{hour:%Y/%m/%d/%H}" for hour in self.window.hours for variant in variants]
        return [folder for folder in folders if any(bucket.objects(f"{self._capture}/{folder}/"))]

    @property
    def _capture(self) -> str:
        return self.deployment.output("serving", "CapturePrefix")

    def _inputs(self, folders: list[str]) -> list[Request]:
        root, endpoint = f"s3://{self.deployment.bucket}/{self._capture}", self.deployment.endpoint
        return [
            _input(name=f"captured_{number}", uri=f"{root}/{folder}/", path=f"{DATA}/{endpoint}/{folder}")
            for number, folder in enumerate(folders)
        ]

    def _environment(self) -> dict[str, str]:
        return {
            "dataset_format": json.dumps(FORMAT),
            "dataset_source": DATA,
            "output_path": OUTPUT,
            "publish_cloudwatch_metrics": "Enabled",
            "baseline_constraints": f"{BASELINE['constraints']}/constraints.json",
            "baseline_statistics": f"{BASELINE['statistics']}/statistics.json",
            "start_time": f"{self.window.start:{FORM}}",
            "end_time": f"{self.window.end:{FORM}}",
            "metric_time": f"{self.window.end:{FORM}}",
            "monitoring_input_type": "ENDPOINT_INPUT",
            "sagemaker_endpoint_name": self.deployment.endpoint,
            "sagemaker_monitoring_schedule_name": self.deployment.output("monitoring", "MonitoringScheduleName"),
        }

    def _wait(self, *, seen: Callable[[str], None]) -> None:
        for pause in pauses():
            job = self.deployment.aws.client("sagemaker").describe_processing_job(ProcessingJobName=self.job)
            seen(job["ProcessingJobStatus"])
            if job["ProcessingJobStatus"] in ENDED:
                break
            time.sleep(pause)
        if job["ProcessingJobStatus"] != "Completed":
            why = job.get("ExitMessage", job.get("FailureReason", "no reason given"))
            raise Failure(f"The check {self.job} ended with {job['ProcessingJobStatus']}: {why.rstrip('.')}")


def asked_checks(deployment: Deployment) -> Iterator[Request]:
    """The checks on demand, newest first, as SageMaker describes their jobs."""
    sagemaker, begins = deployment.aws.client("sagemaker"), _begins(deployment)
    pages = sagemaker.get_paginator("list_processing_jobs")
    for page in pages.paginate(NameContains=begins, SortBy="CreationTime", SortOrder="Descending"):
        for job in page["ProcessingJobSummaries"]:
            if job["ProcessingJobName"].startswith(begins):
                yield sagemaker.describe_processing_job(ProcessingJobName=job["ProcessingJobName"])


def _begins(deployment: Deployment) -> str:
    """What the names of such jobs begin with, as those of the drift engine's do."""
    return f"{deployment.endpoint}{MARK}drift-"


def _baseline(config: Request) -> list[Request]:
    uris = {
        "constraints": config["ConstraintsResource"]["S3Uri"],
        "statistics": config["StatisticsResource"]["S3Uri"],
    }
    return [_input(name=name, uri=uri, path=BASELINE[name]) for name, uri in uris.items()]


def _input(*, name: str, uri: str, path: str) -> Request:
    source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": {**source, "S3DataDistributionType": "FullyReplicated"}}
