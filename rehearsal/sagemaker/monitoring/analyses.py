"""What a schedule runs: the same, whether it is a job definition or written into the schedule."""

from dataclasses import dataclass

from rehearsal.sagemaker.errors import invalid
from rehearsal.sagemaker.monitoring.definitions import DATA_QUALITY, KINDS, find_definition
from rehearsal.sagemaker.platform import Platform
from rehearsal.sagemaker.store import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """What is looked at, with what, and where the report goes; each in the words of the API."""

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

    @property
    def endpoint_name(self) -> str:
        """The endpoint whose captures are looked at."""
        return str(self.endpoint["EndpointName"])


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
    if kind != DATA_QUALITY.name:
        raise invalid(f"MonitoringType must be DataQuality here, got {kind}; no other monitor is rehearsed")
    return _named(document)


def _named(definition: Document) -> Analysis:
    application = definition["DataQualityAppSpecification"]
    output = definition["DataQualityJobOutputConfig"]
    return Analysis(
        job_prefix="data-quality-monitoring",
        role_arn=definition["RoleArn"],
        application=application,
        environment=application.get("Environment", {}),
        baseline=definition.get("DataQualityBaselineConfig", {}),
        endpoint=_endpoint(definition["DataQualityJobInput"]),
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
    return endpoint
