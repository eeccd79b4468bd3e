"""The processing job of a run, as the platform starts it: the analyzer's environment and paths.

Source: "Container contract inputs" of Model Monitor in AWS's developer guide, and descriptions of AWS's own jobs.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.rehearsal.sagemaker.monitoring.analyses import Analysis
from modelyard.rehearsal.sagemaker.monitoring.captures import HOUR_FOLDER, Captures, iso
from modelyard.rehearsal.sagemaker.monitoring.expressions import Window
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

STATISTICS = "/opt/ml/processing/baseline/stats"
CONSTRAINTS = "/opt/ml/processing/baseline/constraints"
FORMAT = {"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}
MERGED_FORMAT = {"sagemakerMergeJson": {"captureIndexNames": ["endpointOutput"]}}
GROUND_TRUTH = "/opt/ml/processing/groundtruth"
OUTPUT = "/opt/ml/processing/output"
MERGER = "sagemaker-model-monitor-groundtruth-merger"
ATTRIBUTES = {
    "inference_attribute": "InferenceAttribute",
    "probability_attribute": "ProbabilityAttribute",
    "probability_threshold_attribute": "ProbabilityThresholdAttribute",
}
SCRIPTS = {
    "RecordPreprocessorSourceUri": ("record_preprocessor_script", "/opt/ml/processing/code/preprocessing"),
    "PostAnalyticsProcessorSourceUri": ("post_analytics_processor_script", "/opt/ml/processing/code/postprocessing"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What proved true: the place, and the folders of hours in which somebody told of it."""

    uri: str
    folders: list[str]

    def inputs(self) -> list[Document]:
        """Return the folders as inputs of a job."""
        root = S3Uri.parse(self.uri)
        return [
            _input(name=f"groundtruth_input_{number}", uri=str(root.below(folder)), path=f"{GROUND_TRUTH}/{folder}")
            for number, folder in enumerate(self.folders, start=1)
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of a schedule: what it looks at, in which folders there is something, and against which baseline.

    `suffix` is what the names of its jobs end with.
    """

    schedule: str
    due: datetime
    analysis: Analysis
    window: Window
    captures: Captures
    folders: list[str]
    constraints: str | None
    statistics: str | None
    suffix: str = field(default_factory=lambda: secrets.token_hex(12))

    def request(self) -> Document:
        """Return the CreateProcessingJob request of the analysis."""
        return self._surroundings() | {
            "ProcessingJobName": f"{self.analysis.job_prefix}-{self.due:%Y%m%d%H%M}-{self.suffix}",
            "ProcessingInputs": [*self._baselines(), *self._scripts(), *self._captured()],
            "ProcessingOutputConfig": self._output(),
            "AppSpecification": self._application(),
            "Environment": self._environment(),
        }

    def merge_request(self, *, truth: Truth) -> Document:
        """Return the CreateProcessingJob request that merges the captures with what proved true.

        Source: the request of a real job of AWS's, in the notes on a pipeline that its author has published.
        """
        image = self.analysis.application["ImageUri"]
        root = self.analysis.endpoint["LocalPath"]
        told = {"dataset_source": root, "ground_truth_source": GROUND_TRUTH, "output_path": OUTPUT}
        written = {"S3Uri": self.merged_uri, "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"}
        return self._surroundings() | {
            "ProcessingJobName": f"groundtruth-merge-{self.due:%Y%m%d%H%M}-{self.suffix}",
            "ProcessingInputs": [*truth.inputs(), *self._captured()],
            "ProcessingOutputConfig": self._config([{"OutputName": "result", "S3Output": written}]),
            "AppSpecification": {"ImageUri": f"{image.rpartition('/')[0]}/{MERGER}"},
            "Environment": told,
        }

    @property
    def merged_uri(self) -> str:
        """Where the merged records go, each in the folder of its capture: beside the reports of all schedules."""
        return str(S3Uri.parse(self.analysis.output["S3Uri"]).below("merge"))

    def _surroundings(self) -> Document:
        optional = {"NetworkConfig": self.analysis.network, "StoppingCondition": self.analysis.limit}
        given: Document = {member: value for member, value in optional.items() if value is not None}
        return given | {"ProcessingResources": self.analysis.resources, "RoleArn": self.analysis.role_arn}

    @property
    def report(self) -> str:
        """Where the report goes: the folder of the hour in which the window ends."""
        folder = f"{self.analysis.endpoint_name}/{self.schedule}/{self.window.end:{HOUR_FOLDER}}"
        return str(S3Uri.parse(self.analysis.output["S3Uri"]).below(folder))

    def _application(self) -> Document:
        members = ("ImageUri", "ContainerEntrypoint", "ContainerArguments")
        return {member: self.analysis.application[member] for member in members if member in self.analysis.application}

    def _baselines(self) -> list[Document]:
        given = {"baseline": (self.statistics, STATISTICS), "constraints": (self.constraints, CONSTRAINTS)}
        return [_input(name=name, uri=uri, path=path) for name, (uri, path) in given.items() if uri is not None]

    def _scripts(self) -> list[Document]:
        given = {name: (self.analysis.application.get(member), path) for member, (name, path) in SCRIPTS.items()}
        return [_input(name=name, uri=uri, path=path) for name, (uri, path) in given.items() if uri is not None]

    def _captured(self) -> list[Document]:
        root = f"{self.analysis.endpoint['LocalPath'].rstrip('/')}/{self.captures.endpoint}"
        return [
            _input(
                name=f"endpoint_input_{number}",
                uri=str(self.captures.folder(folder)),
                path=f"{root}/{folder}",
            )
            for number, folder in enumerate(self.folders, start=1)
        ]

    def _output(self) -> Document:
        written = {
            "S3Uri": self.report,
            "LocalPath": self.analysis.output["LocalPath"],
            "S3UploadMode": self.analysis.output.get("S3UploadMode", "Continuous"),
        }
        return self._config([{"OutputName": "result", "S3Output": written, "AppManaged": False}])

    def _config(self, outputs: list[Document]) -> Document:
        output: Document = {"Outputs": outputs}
        return output if self.analysis.key_id is None else output | {"KmsKeyId": self.analysis.key_id}

    def _environment(self) -> dict[str, str]:
        """What the platform sets, beside which the definition's own variables stand."""
        return {
            "publish_cloudwatch_metrics": "Disabled",
            **self.analysis.environment,
            "dataset_format": json.dumps(FORMAT if self.analysis.ground_truth is None else MERGED_FORMAT),
            **self._measured(),
            "dataset_source": self.analysis.endpoint["LocalPath"],
            "output_path": self.analysis.output["LocalPath"],
            "start_time": iso(self.window.start),
            "end_time": iso(self.window.end),
            "metric_time": iso(self.window.end),
            "monitoring_input_type": "ENDPOINT_INPUT",
            "sagemaker_endpoint_name": self.analysis.endpoint_name,
            "sagemaker_monitoring_schedule_name": self.schedule,
            "sagemaker_endpoint_datacapture_prefix": self.captures.uri,
            **self._baseline_variables(),
            **self._script_variables(),
        }

    def _measured(self) -> dict[str, str]:
        """What is measured of merged records; nothing for data quality."""
        if self.analysis.ground_truth is None:
            return {}
        given = {name: self.analysis.endpoint.get(member) for name, member in ATTRIBUTES.items()}
        told = {name: str(value) for name, value in given.items() if value is not None}
        return {"analysis_type": "MODEL_QUALITY", "problem_type": self.analysis.application["ProblemType"], **told}

    def _baseline_variables(self) -> dict[str, str]:
        given = {
            "baseline_statistics": (self.statistics, STATISTICS),
            "baseline_constraints": (self.constraints, CONSTRAINTS),
        }
        return {name: _local(uri=uri, folder=path) for name, (uri, path) in given.items() if uri is not None}

    def _script_variables(self) -> dict[str, str]:
        given = {name: (self.analysis.application.get(member), path) for member, (name, path) in SCRIPTS.items()}
        return {name: _local(uri=uri, folder=path) for name, (uri, path) in given.items() if uri is not None}


def _local(*, uri: str, folder: str) -> str:
    return f"{folder}/{uri.rpartition('/')[2]}"


def _input(*, name: str, uri: str, path: str) -> Document:
    source = {
        "S3Uri": uri,
        "LocalPath": path,
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "AppManaged": False, "S3Input": source}
