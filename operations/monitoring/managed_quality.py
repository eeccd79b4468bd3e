"""A measurement by AWS's analyzer outside its schedule: a job that merges, and one that measures what it left."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from modelyard.manifest.names import MARK
from modelyard.operations.monitoring.managed_check import BASELINE, ManagedCheck, definition_of
from modelyard.operations.monitoring.managed_jobs import OUTPUT, ROOT, Request, from_s3, like_the_schedules, run_job

GROUND_TRUTH = f"{ROOT}/groundtruth"
MERGED_FORMAT = {"sagemakerMergeJson": {"captureIndexNames": ["endpointOutput"]}}
MERGER = "sagemaker-model-monitor-groundtruth-merger"
ATTRIBUTES = {
    "inference_attribute": "InferenceAttribute",
    "probability_attribute": "ProbabilityAttribute",
    "probability_threshold_attribute": "ProbabilityThresholdAttribute",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ManagedQualityCheck(ManagedCheck):
    """One measurement of a window; its labels may come until the delay after its end."""

    def make(self, *, seen: Callable[[str], None]) -> str:
        """See `ManagedCheck`."""
        monitoring = self.monitor.deployment.model.monitoring
        quality = monitoring.quality if monitoring is not None else None
        delay = quality.label_delay_hours if quality is not None else 0
        # Ground truth is uploaded from the window's first hour to the delay after its last.
        hours = [*self.window.hours, *(self.window.end + timedelta(hours=number) for number in range(delay + 1))]
        folders = self.captured()
        label_folders = self.filled([f"{hour:%Y/%m/%d/%H}" for hour in hours], root=self._ground_truth)
        if not folders or not label_folders:
            return ""
        definition = definition_of(self.monitor)
        aws = self.monitor.deployment.aws
        run_job(
            aws=aws,
            request=self.merge_request(definition=definition, folders=folders, label_folders=label_folders),
            seen=seen,
        )
        if not any(self.bucket.objects(f"{self._merged}/")):
            return ""
        run_job(aws=aws, request=self.quality_request(definition=definition), seen=seen)
        return self.report

    def merge_request(self, *, definition: Request, folders: list[str], label_folders: list[str]) -> Request:
        """Return the job that merges captures with ground truth."""
        root, uri = self._source(definition), self.bucket.uri(self._ground_truth)
        name = f"{self.monitor.deployment.endpoint}{MARK}merge-{self.run}"
        image = definition["ModelQualityAppSpecification"]["ImageUri"]
        labels = [
            from_s3(name=f"truth_{number}", uri=f"{uri}/{folder}/", path=f"{GROUND_TRUTH}/{folder}")
            for number, folder in enumerate(label_folders)
        ]
        return {
            **self._like_the_schedules(definition, name=name, to=self._merged),
            "AppSpecification": {"ImageUri": f"{image.rpartition('/')[0]}/{MERGER}"},
            "Environment": {"dataset_source": root, "ground_truth_source": GROUND_TRUTH, "output_path": OUTPUT},
            "ProcessingInputs": [*labels, *self.inputs(folders, path=root)],
        }

    def quality_request(self, *, definition: Request) -> Request:
        """Return the job that measures what was merged."""
        application, root = definition["ModelQualityAppSpecification"], self._source(definition)
        constraints = definition["ModelQualityBaselineConfig"]["ConstraintsResource"]["S3Uri"]
        endpoint = definition["ModelQualityJobInput"]["EndpointInput"]
        return {
            **self._like_the_schedules(definition, name=self.job, to=self.report),
            "AppSpecification": {"ImageUri": application["ImageUri"]},
            "Environment": {
                **application.get("Environment", {}),
                **self.environment(),
                "analysis_type": "MODEL_QUALITY",
                "problem_type": application["ProblemType"],
                "dataset_format": json.dumps(MERGED_FORMAT),
                **{name: str(endpoint[member]) for name, member in ATTRIBUTES.items() if member in endpoint},
                "dataset_source": root,
            },
            "ProcessingInputs": [
                from_s3(name="constraints", uri=constraints, path=BASELINE["constraints"]),
                from_s3(name="merged", uri=f"{self.bucket.uri(self._merged)}/", path=root),
            ],
        }

    def _like_the_schedules(self, definition: Request, *, name: str, to: str) -> Request:
        output = definition["ModelQualityJobOutputConfig"]
        return like_the_schedules(name=name, definition=definition, output=output, report=self.bucket.uri(to))

    @property
    def _ground_truth(self) -> str:
        return f"{self.monitor.deployment.model.layout.ground_truth}/{self.monitor.deployment.endpoint}"

    @property
    def _merged(self) -> str:
        """Apart from what the schedule merges: the role may write there, below the endpoint's own folder."""
        root = self.monitor.deployment.model.layout.monitoring
        return f"{root}/merge/{self.monitor.deployment.endpoint}/{self.job}"

    def _source(self, definition: Request) -> str:
        return str(definition["ModelQualityJobInput"]["EndpointInput"]["LocalPath"])
