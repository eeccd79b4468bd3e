"""What a schedule runs: the same, whether it is a job definition or written into the schedule."""

from dataclasses import dataclass
from datetime import datetime

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.monitoring.definitions import DATA_QUALITY, KINDS, MODEL_QUALITY, find_definition
from modelyard.rehearsal.sagemaker.monitoring.expressions import Window, offset
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

PREFIXES = {DATA_QUALITY.name: "data-quality-monitoring", MODEL_QUALITY.name: "model-quality-monitoring"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """What is looked at, with what, and where the report goes; each in the words of the API.

    `ground_truth` is where what proved true lies, and None for all but model quality.
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
        return _inline(config["MonitoringJobDefinition"])
    name, kind = config["MonitoringJobDefinitionName"], config.get("MonitoringType", DATA_QUALITY.name)
    document = find_definition(platform=platform, kind=KINDS[kind], name=name)
    if kind not in PREFIXES:
        raise invalid(f"MonitoringType must be DataQuality or ModelQuality here, got {kind}; no other is rehearsed")
    return _named(document, kind=kind)


def _named(definition: Document, *, kind: str) -> Analysis:
    application = definition[f"{kind}AppSpecification"]
    output = definition[f"{kind}JobOutputConfig"]
    given = definition[f"{kind}JobInput"]
    return Analysis(
        job_prefix=PREFIXES[kind],
        role_arn=definition["RoleArn"],
        application=application,
        environment=application.get("Environment", {}),
        baseline=definition.get(f"{kind}BaselineConfig", {}),
        endpoint=_endpoint(given),
        ground_truth=given["GroundTruthS3Input"]["S3Uri"] if kind == MODEL_QUALITY.name else None,
        output=output["MonitoringOutputs"][0]["S3Output"],
        key_id=output.get("KmsKeyId"),
        resources=definition["JobResources"],
        network=definition.get("NetworkConfig"),
        limit=definition.get("StoppingCondition"),
    )


def _inline(definition: Document) -> Analysis:
    output = definition["MonitoringOutputConfig"]
    return Analysis(
        job_prefix="model-monitoring",
        role_arn=definition["RoleArn"],
        application=definition["MonitoringAppSpecification"],
        environment=definition.get("Environment", {}),
        baseline=definition.get("BaselineConfig", {}),
        endpoint=_endpoint(definition["MonitoringInputs"][0]),
        output=output["MonitoringOutputs"][0]["S3Output"],
        key_id=output.get("KmsKeyId"),
        resources=definition["MonitoringResources"],
        network=definition.get("NetworkConfig"),
        limit=definition.get("StoppingCondition"),
    )


def _endpoint(given: Document) -> Document:
    if "EndpointInput" not in given:
        raise invalid("A schedule must have an EndpointInput here, got BatchTransformInput; none of it is rehearsed")
    endpoint: Document = given["EndpointInput"]
    for member in ("StartTimeOffset", "EndTimeOffset"):
        offset(endpoint, member)
    return endpoint
