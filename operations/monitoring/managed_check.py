"""A check by AWS's analyzer outside its schedule: SageMaker's schedule takes no window, a processing job takes any.

The job is given what the schedule would give it (developer guide, "Container contract inputs" of Model Monitor), and
leaves its files where the schedule leaves them.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from modelyard.manifest.names import MARK
from modelyard.operations.bucket import DataBucket
from modelyard.operations.monitoring.managed_jobs import OUTPUT, ROOT, Request, from_s3, like_the_schedules, run_job
from modelyard.operations.monitoring.monitor import Monitor
from modelyard.operations.monitoring.window import FORM, Window

DATA = f"{ROOT}/input/endpoint"
BASELINE = {"constraints": f"{ROOT}/baseline/constraints", "statistics": f"{ROOT}/baseline/stats"}
FORMAT = {"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}


@dataclass(frozen=True, kw_only=True, slots=True)
class ManagedCheck:
    """One check of a window with the image, the role and the baseline of the deployed definition."""

    monitor: Monitor
    window: Window
    run: str

    @property
    def job(self) -> str:
        """The processing job's name."""
        return f"{_begins(self.monitor)}{self.run}"

    def make(self, *, seen: Callable[[str], None]) -> str:
        """Run the job to its end and return the folder of its results; empty when nothing was captured.

        Raises:
            Failure: the job failed or was stopped.
        """
        folders = self.captured()
        if not folders:
            return ""
        definition = definition_of(self.monitor)
        request = self.request(definition=definition, folders=folders)
        run_job(aws=self.monitor.deployment.aws, request=request, seen=seen)
        return self.report

    def request(self, *, definition: Request, folders: list[str]) -> Request:
        """Return the processing job that the schedule would have started for this window."""
        application = definition["DataQualityAppSpecification"]
        baseline = definition["DataQualityBaselineConfig"]
        constraints, statistics = (baseline[key]["S3Uri"] for key in ("ConstraintsResource", "StatisticsResource"))
        output = definition["DataQualityJobOutputConfig"]
        return {
            **like_the_schedules(
                name=self.job, definition=definition, output=output, report=self.bucket.uri(self.report)
            ),
            "AppSpecification": {"ImageUri": application["ImageUri"]},
            "Environment": {
                **application.get("Environment", {}),
                **self.environment(),
                "dataset_format": json.dumps(FORMAT),
                "dataset_source": DATA,
                "baseline_statistics": f"{BASELINE['statistics']}/statistics.json",
                "monitoring_input_type": "ENDPOINT_INPUT",
            },
            "ProcessingInputs": [
                from_s3(name="constraints", uri=constraints, path=BASELINE["constraints"]),
                from_s3(name="statistics", uri=statistics, path=BASELINE["statistics"]),
                *self.inputs(folders, path=DATA),
            ],
        }

    @property
    def report(self) -> str:
        """The folder of its results."""
        return f"{self.monitor.reports}/{self.window.end:%Y/%m/%d/%H}"

    @property
    def bucket(self) -> DataBucket:
        """The data bucket."""
        return DataBucket(aws=self.monitor.deployment.aws, name=self.monitor.deployment.bucket)

    def captured(self) -> list[str]:
        """Return the folders of the window that hold captures, by variant and hour."""
        serving = self.monitor.deployment.model.serving
        variants = [variant.name for variant in serving.variants] if serving is not None else []
        folders = [f"{variant}/{hour:%Y/%m/%d/%H}" for hour in self.window.hours for variant in variants]
        return self.filled(folders, root=self._capture)

    def filled(self, folders: list[str], *, root: str) -> list[str]:
        """Return those of some folders below a prefix that hold something."""
        return [folder for folder in folders if any(self.bucket.objects(f"{root}/{folder}/"))]

    def inputs(self, folders: list[str], *, path: str) -> list[Request]:
        """Return the folders of captures as inputs, below a folder of the container."""
        root, endpoint = self.bucket.uri(self._capture), self.monitor.deployment.endpoint
        return [
            from_s3(name=f"captured_{number}", uri=f"{root}/{folder}/", path=f"{path}/{endpoint}/{folder}")
            for number, folder in enumerate(folders)
        ]

    def environment(self) -> dict[str, str]:
        """Return the variables that an analyzer has in any check of an endpoint."""
        return {
            "output_path": OUTPUT,
            # Its file of metrics would be published for a schedule's job alone, as far as AWS's guide promises.
            "publish_cloudwatch_metrics": "Disabled",
            "baseline_constraints": f"{BASELINE['constraints']}/constraints.json",
            "start_time": f"{self.window.start:{FORM}}",
            "end_time": f"{self.window.end:{FORM}}",
            "metric_time": f"{self.window.end:{FORM}}",
            "sagemaker_endpoint_name": self.monitor.deployment.endpoint,
            "sagemaker_monitoring_schedule_name": self.monitor.schedule,
        }

    @property
    def _capture(self) -> str:
        return self.monitor.deployment.output("serving", "CapturePrefix")


def definition_of(monitor: Monitor) -> Request:
    """Return the job definition that the monitor's schedule runs, as SageMaker describes it."""
    sagemaker = monitor.deployment.aws.client("sagemaker")
    schedule = sagemaker.describe_monitoring_schedule(MonitoringScheduleName=monitor.schedule)
    name = schedule["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"]
    if monitor.measures:
        return dict(sagemaker.describe_model_quality_job_definition(JobDefinitionName=name))
    return dict(sagemaker.describe_data_quality_job_definition(JobDefinitionName=name))


def on_demand_checks(monitor: Monitor) -> Iterator[Request]:
    """Yield the checks on demand, newest first, as SageMaker describes their jobs."""
    sagemaker, begins = monitor.deployment.aws.client("sagemaker"), _begins(monitor)
    pages = sagemaker.get_paginator("list_processing_jobs")
    for page in pages.paginate(NameContains=begins, SortBy="CreationTime", SortOrder="Descending"):
        for job in page["ProcessingJobSummaries"]:
            if job["ProcessingJobName"].startswith(begins):
                yield sagemaker.describe_processing_job(ProcessingJobName=job["ProcessingJobName"])


def _begins(monitor: Monitor) -> str:
    """What the names of such jobs begin with, as those of the drift engine's do."""
    return f"{monitor.deployment.endpoint}{MARK}{monitor.kind.job_mark}-"
