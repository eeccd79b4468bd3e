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
        folders, label_folders = self.captured(), self._label_folders()
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
        root = self._source(definition)
        image = definition["ModelQualityAppSpecification"]["ImageUri"]
        labels = [
            from_s3(name=f"truth_{number}", uri=f"{self._ground_truth_uri}/{folder}/", path=f"{GROUND_TRUTH}/{folder}")
            for number, folder in enumerate(label_folders)
        ]
        return {
            **self._like_the_schedules(definition, name=f"{self._endpoint}{MARK}merge-{self.run}", to=self._merged),
            "AppSpecification": {"ImageUri": f"{image.rpartition('/')[0]}/{MERGER}"},
            "Environment": {"dataset_source": root, "ground_truth_source": GROUND_TRUTH, "output_path": OUTPUT},
            "ProcessingInputs": [*labels, *self.inputs(folders, path=root)],
        }

    def quality_request(self, *, definition: Request) -> Request:
        """Return the job that measures what was merged."""
        application, root = definition["ModelQualityAppSpecification"], self._source(definition)
        constraints = definition["ModelQualityBaselineConfig"]["ConstraintsResource"]["S3Uri"]
        environment = {**application.get("Environment", {}), **self.surroundings(), **_measured(definition)}
        return {
            **self._like_the_schedules(definition, name=self.job, to=self.report),
            "AppSpecification": {"ImageUri": application["ImageUri"]},
            "Environment": {**environment, "dataset_source": root},
            "ProcessingInputs": [
                from_s3(name="constraints", uri=constraints, path=BASELINE["constraints"]),
                from_s3(name="merged", uri=f"{self.bucket.uri(self._merged)}/", path=root),
            ],
        }

    def _like_the_schedules(self, definition: Request, *, name: str, to: str) -> Request:
        output = definition["ModelQualityJobOutputConfig"]
        return like_the_schedules(name=name, definition=definition, output=output, report=self.bucket.uri(to))

    def _label_folders(self) -> list[str]:
        """The hours from the window's first to the delay after its last in which somebody told what proved true."""
        monitoring = self.monitor.deployment.model.monitoring
        quality = monitoring.quality if monitoring is not None else None
        delay = quality.label_delay_hours if quality is not None else 0
        after = [self.window.end + timedelta(hours=number) for number in range(delay + 1)]
        folders = [f"{hour:%Y/%m/%d/%H}" for hour in [*self.window.hours, *after]]
        return self.filled(folders, root=self._ground_truth)

    @property
    def _endpoint(self) -> str:
        return self.monitor.deployment.endpoint

    @property
    def _ground_truth(self) -> str:
        return f"{self.monitor.deployment.model.layout.ground_truth}/{self._endpoint}"

    @property
    def _ground_truth_uri(self) -> str:
        return self.bucket.uri(self._ground_truth)

    @property
    def _merged(self) -> str:
        """Apart from what the schedule merges: the role may write there, below the endpoint's own folder."""
        root = self.monitor.deployment.model.layout.monitoring
        return f"{root}/merge/{self._endpoint}/{self.job}"

    def _source(self, definition: Request) -> str:
        return str(definition["ModelQualityJobInput"]["EndpointInput"]["LocalPath"])


def _measured(definition: Request) -> dict[str, str]:
    given = definition["ModelQualityJobInput"]["EndpointInput"]
    told = {name: str(given[member]) for name, member in ATTRIBUTES.items() if member in given}
    return {
        "analysis_type": "MODEL_QUALITY",
        "problem_type": definition["ModelQualityAppSpecification"]["ProblemType"],
        "dataset_format": json.dumps(MERGED_FORMAT),
        **told,
    }
