"""What a schedule runs, and the processing jobs of one run, as the platform starts them.

Source: "Container contract inputs" of Model Monitor in AWS's developer guide, and descriptions of AWS's own jobs.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.monitoring.captures import HOUR_FOLDER, Captures
from modelyard.rehearsal.sagemaker.monitoring.definitions import DATA_QUALITY, KINDS, MODEL_QUALITY, find_definition
from modelyard.rehearsal.sagemaker.monitoring.timetable import Window, offset
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

PREFIXES = {DATA_QUALITY.name: "data-quality-monitoring", MODEL_QUALITY.name: "model-quality-monitoring"}
ISO = "%Y-%m-%dT%H:%M:%SZ"
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
class Analysis:
    """What is looked at, with what, and where the report goes; each in the words of the API.

    `ground_truth` is the URI below which labels are uploaded, and None for all but model quality.
    """

    job_prefix: str
    role_arn: str
    application: Document
    environment: Document
    baseline: Document
    endpoint: Document
    output: Document
    key_id: str | None
    resources: Document
    network: Document | None
    limit: Document | None
    ground_truth: str | None = None

    @property
    def endpoint_name(self) -> str:
        """The endpoint whose captures are looked at."""
        return str(self.endpoint["EndpointName"])

    def shifted(self, window: Window, *, due: datetime) -> Window:
        """Return a run's window as the definition's offsets move it, which count from when the run is due.

        Source: developer guide, "Schedule model quality monitoring jobs": of a run at 13:00 on 9 January -P8D and -P1D
        make 13:00 on the 1st to 13:00 on the 8th.
        """
        start, end = offset(self.endpoint, "StartTimeOffset"), offset(self.endpoint, "EndTimeOffset")
        return Window(
            start=window.start if start is None else due + start, end=window.end if end is None else due + end
        )

    @classmethod
    def of_definition(cls, definition: Document, *, kind: str) -> "Analysis":
        """Read a job definition of its own, whose members begin with its kind.

        Raises:
            ServiceError: ValidationException, it looks at something else than an endpoint.

        """
        application = definition[f"{kind}AppSpecification"]
        output = definition[f"{kind}JobOutputConfig"]
        job_input = definition[f"{kind}JobInput"]
        return cls(
            job_prefix=PREFIXES[kind],
            role_arn=definition["RoleArn"],
            application=application,
            environment=application.get("Environment", {}),
            baseline=definition.get(f"{kind}BaselineConfig", {}),
            endpoint=_endpoint_input(job_input),
            ground_truth=job_input["GroundTruthS3Input"]["S3Uri"] if kind == MODEL_QUALITY.name else None,
            output=output["MonitoringOutputs"][0]["S3Output"],
            key_id=output.get("KmsKeyId"),
            resources=definition["JobResources"],
            network=definition.get("NetworkConfig"),
            limit=definition.get("StoppingCondition"),
        )

    @classmethod
    def of_schedule(cls, definition: Document) -> "Analysis":
        """Read a definition that is written into its schedule; raises as `of_definition` does."""
        output = definition["MonitoringOutputConfig"]
        return cls(
            job_prefix="model-monitoring",
            role_arn=definition["RoleArn"],
            application=definition["MonitoringAppSpecification"],
            environment=definition.get("Environment", {}),
            baseline=definition.get("BaselineConfig", {}),
            endpoint=_endpoint_input(definition["MonitoringInputs"][0]),
            output=output["MonitoringOutputs"][0]["S3Output"],
            key_id=output.get("KmsKeyId"),
            resources=definition["MonitoringResources"],
            network=definition.get("NetworkConfig"),
            limit=definition.get("StoppingCondition"),
        )


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

    @property
    def merged_uri(self) -> str:
        """Where the merged records go, each in the folder of its capture: beside the reports of all schedules."""
        return str(S3Uri.parse(self.analysis.output["S3Uri"]).below("merge"))

    @property
    def report(self) -> str:
        """Where the report goes: the folder of the hour in which the window ends."""
        folder = f"{self.analysis.endpoint_name}/{self.schedule}/{self.window.end:{HOUR_FOLDER}}"
        return str(S3Uri.parse(self.analysis.output["S3Uri"]).below(folder))

    def request(self) -> Document:
        """Return the CreateProcessingJob request of the analysis."""
        analysis = self.analysis
        report = {
            "S3Uri": self.report,
            "LocalPath": analysis.output["LocalPath"],
            "S3UploadMode": analysis.output.get("S3UploadMode", "Continuous"),
        }
        # The baseline and the scripts that there are: an input of the job, and a variable with the file's path.
        files = {
            "baseline": ("baseline_statistics", self.statistics, STATISTICS),
            "constraints": ("baseline_constraints", self.constraints, CONSTRAINTS),
        }
        for member, (name, folder) in SCRIPTS.items():
            files[name] = (name, analysis.application.get(member), folder)
        inputs: list[Document] = []
        paths: dict[str, str] = {}
        for name, (variable, uri, folder) in files.items():
            if uri is not None:
                inputs.append(_input(name=name, uri=uri, path=folder))
                paths[variable] = f"{folder}/{uri.rpartition('/')[2]}"

        merged: dict[str, str] = {}
        if analysis.ground_truth is not None:
            merged = {"analysis_type": "MODEL_QUALITY", "problem_type": analysis.application["ProblemType"]}
            for variable, member in ATTRIBUTES.items():
                if analysis.endpoint.get(member) is not None:
                    merged[variable] = str(analysis.endpoint[member])
        # What the platform sets overrides the definition's own variables, but for the first.
        environment = {
            "publish_cloudwatch_metrics": "Disabled",
            **analysis.environment,
            "dataset_format": json.dumps(FORMAT if analysis.ground_truth is None else MERGED_FORMAT),
            **merged,
            "dataset_source": analysis.endpoint["LocalPath"],
            "output_path": analysis.output["LocalPath"],
            "start_time": f"{self.window.start:{ISO}}",
            "end_time": f"{self.window.end:{ISO}}",
            "metric_time": f"{self.window.end:{ISO}}",
            "monitoring_input_type": "ENDPOINT_INPUT",
            "sagemaker_endpoint_name": analysis.endpoint_name,
            "sagemaker_monitoring_schedule_name": self.schedule,
            "sagemaker_endpoint_datacapture_prefix": self.captures.uri,
            **paths,
        }
        members = ("ImageUri", "ContainerEntrypoint", "ContainerArguments")
        return self._job(
            name=analysis.job_prefix,
            inputs=[*inputs, *self._captured()],
            output={"OutputName": "result", "S3Output": report, "AppManaged": False},
        ) | {
            "AppSpecification": {
                member: analysis.application[member] for member in members if member in analysis.application
            },
            "Environment": environment,
        }

    def merge_request(self, *, ground_truth: list[str]) -> Document:
        """Return the CreateProcessingJob request that merges the captures with the labels in some hours' folders.

        Source: the request of a real job of AWS's, in the notes on a pipeline that its author has published.
        """
        root = S3Uri.parse(str(self.analysis.ground_truth))
        labels = [
            _input(name=f"groundtruth_input_{number}", uri=str(root.below(folder)), path=f"{GROUND_TRUTH}/{folder}")
            for number, folder in enumerate(ground_truth, start=1)
        ]
        merged = {"S3Uri": self.merged_uri, "LocalPath": OUTPUT, "S3UploadMode": "EndOfJob"}
        registry = self.analysis.application["ImageUri"].rpartition("/")[0]
        return self._job(
            name="groundtruth-merge",
            inputs=[*labels, *self._captured()],
            output={"OutputName": "result", "S3Output": merged},
        ) | {
            "AppSpecification": {"ImageUri": f"{registry}/{MERGER}"},
            "Environment": {
                "dataset_source": self.analysis.endpoint["LocalPath"],
                "ground_truth_source": GROUND_TRUTH,
                "output_path": OUTPUT,
            },
        }

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

    def _job(self, *, name: str, inputs: list[Document], output: Document) -> Document:
        outputs: Document = {"Outputs": [output]}
        if self.analysis.key_id is not None:
            outputs["KmsKeyId"] = self.analysis.key_id
        job: Document = {
            "ProcessingJobName": f"{name}-{self.due:%Y%m%d%H%M}-{self.suffix}",
            "ProcessingInputs": inputs,
            "ProcessingOutputConfig": outputs,
            "ProcessingResources": self.analysis.resources,
            "RoleArn": self.analysis.role_arn,
        }
        optional = {"NetworkConfig": self.analysis.network, "StoppingCondition": self.analysis.limit}
        return job | {member: value for member, value in optional.items() if value is not None}


def analysis_of(*, platform: Platform, config: Document) -> Analysis:
    """Return what a MonitoringScheduleConfig runs.

    Raises:
        ServiceError: ValidationException, it has no definition, or two, or one that is not rehearsed;
            ResourceNotFound, there is no definition of that name.

    """
    if ("MonitoringJobDefinition" in config) == ("MonitoringJobDefinitionName" in config):
        raise invalid(
            "MonitoringScheduleConfig must have one of MonitoringJobDefinition and MonitoringJobDefinitionName"
        )
    if "MonitoringJobDefinition" in config:
        return Analysis.of_schedule(config["MonitoringJobDefinition"])
    name, kind = config["MonitoringJobDefinitionName"], config.get("MonitoringType", DATA_QUALITY.name)
    document = find_definition(platform=platform, kind=KINDS[kind], name=name)
    if kind not in PREFIXES:
        raise invalid(f"MonitoringType must be DataQuality or ModelQuality here, got {kind}; no other is rehearsed")
    return Analysis.of_definition(document, kind=kind)


def _endpoint_input(monitored: Document) -> Document:
    if "EndpointInput" not in monitored:
        raise invalid("A schedule must have an EndpointInput here, got BatchTransformInput; none of it is rehearsed")
    endpoint: Document = monitored["EndpointInput"]
    for member in ("StartTimeOffset", "EndTimeOffset"):
        offset(endpoint, member)
    return endpoint


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
