"""Job definitions: what a monitor looks at, with what, and where it reports."""

from dataclasses import dataclass

from modelyard.rehearsal.sagemaker.errors import in_use, invalid, not_found
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document, Table


@dataclass(frozen=True, kw_only=True, slots=True)
class DefinitionKind:
    """One of the four kinds: its name in the API (which its members begin with) and in its ARNs."""

    name: str
    arn: str

    @property
    def table(self) -> str:
        """The table in the store."""
        return f"{self.name}JobDefinition"


DATA_QUALITY = DefinitionKind(name="DataQuality", arn="data-quality-job-definition")
MODEL_QUALITY = DefinitionKind(name="ModelQuality", arn="model-quality-job-definition")
MODEL_BIAS = DefinitionKind(name="ModelBias", arn="model-bias-job-definition")
EXPLAINABILITY = DefinitionKind(name="ModelExplainability", arn="model-explainability-job-definition")
KINDS = {kind.name: kind for kind in (DATA_QUALITY, MODEL_QUALITY, MODEL_BIAS, EXPLAINABILITY)}


class JobDefinitions:
    """The operations on job definitions of all four kinds; those of bias and explainability are never run here.

    Source: CreateDataQualityJobDefinition, DescribeDataQualityJobDefinition, ListDataQualityJobDefinitions,
    DeleteDataQualityJobDefinition and their like in the SageMaker API reference. Every kind raises what that of data
    quality raises.
    """

    def __init__(self, *, platform: Platform) -> None:
        self._platform = platform

    @operation
    def create_data_quality_job_definition(self, request: Document) -> Document:
        """Keep a definition.

        Raises:
            ServiceError: ResourceInUse, the name is taken; ValidationException, it has no input, or two.

        """
        return self._create(DATA_QUALITY, request)

    @operation
    def describe_data_quality_job_definition(self, request: Document) -> Document:
        """Return a definition.

        Raises:
            ServiceError: ResourceNotFound, there is no such definition.

        """
        return self._describe(DATA_QUALITY, request)

    @operation
    def list_data_quality_job_definitions(self, request: Document) -> Document:
        """Return the definitions that are asked for."""
        return self._list(DATA_QUALITY, request)

    @operation
    def delete_data_quality_job_definition(self, request: Document) -> Document:
        """Forget a definition that no schedule needs.

        Raises:
            ServiceError: ResourceNotFound, there is no such definition; ValidationException, a schedule runs it.

        """
        return self._delete(DATA_QUALITY, request)

    @operation
    def create_model_quality_job_definition(self, request: Document) -> Document:
        """Keep a definition of model quality."""
        return self._create(MODEL_QUALITY, request)

    @operation
    def describe_model_quality_job_definition(self, request: Document) -> Document:
        """Return a definition of model quality."""
        return self._describe(MODEL_QUALITY, request)

    @operation
    def list_model_quality_job_definitions(self, request: Document) -> Document:
        """Return the definitions of model quality that are asked for."""
        return self._list(MODEL_QUALITY, request)

    @operation
    def delete_model_quality_job_definition(self, request: Document) -> Document:
        """Forget a definition of model quality."""
        return self._delete(MODEL_QUALITY, request)

    @operation
    def create_model_bias_job_definition(self, request: Document) -> Document:
        """Keep a definition of bias."""
        return self._create(MODEL_BIAS, request)

    @operation
    def describe_model_bias_job_definition(self, request: Document) -> Document:
        """Return a definition of bias."""
        return self._describe(MODEL_BIAS, request)

    @operation
    def list_model_bias_job_definitions(self, request: Document) -> Document:
        """Return the definitions of bias that are asked for."""
        return self._list(MODEL_BIAS, request)

    @operation
    def delete_model_bias_job_definition(self, request: Document) -> Document:
        """Forget a definition of bias."""
        return self._delete(MODEL_BIAS, request)

    @operation
    def create_model_explainability_job_definition(self, request: Document) -> Document:
        """Keep a definition of explainability."""
        return self._create(EXPLAINABILITY, request)

    @operation
    def describe_model_explainability_job_definition(self, request: Document) -> Document:
        """Return a definition of explainability."""
        return self._describe(EXPLAINABILITY, request)

    @operation
    def list_model_explainability_job_definitions(self, request: Document) -> Document:
        """Return the definitions of explainability that are asked for."""
        return self._list(EXPLAINABILITY, request)

    @operation
    def delete_model_explainability_job_definition(self, request: Document) -> Document:
        """Forget a definition of explainability."""
        return self._delete(EXPLAINABILITY, request)

    def _table(self, kind: DefinitionKind) -> Table:
        return self._platform.store.table(kind.table)

    def _create(self, kind: DefinitionKind, request: Document) -> Document:
        name, job_input = request["JobDefinitionName"], request[f"{kind.name}JobInput"]
        if ("EndpointInput" in job_input) == ("BatchTransformInput" in job_input):
            raise invalid(f"Job Definition {name} must have one of EndpointInput and BatchTransformInput, give one")
        arn = definition_arn(platform=self._platform, kind=kind, name=name)
        document = {
            **{key: value for key, value in request.items() if key != "Tags"},
            "JobDefinitionArn": arn,
            "CreationTime": self._platform.clock.now(),
        }
        with self._platform.store.lock:
            if self._table(kind).find(name) is not None:
                raise in_use(f"Job Definition {arn} already exists")
            self._table(kind).add(name, document)
        return {"JobDefinitionArn": arn}

    def _describe(self, kind: DefinitionKind, request: Document) -> Document:
        return dict(find_definition(platform=self._platform, kind=kind, name=request["JobDefinitionName"]))

    def _list(self, kind: DefinitionKind, request: Document) -> Document:
        summaries = [
            {
                "MonitoringJobDefinitionName": document["JobDefinitionName"],
                "MonitoringJobDefinitionArn": document["JobDefinitionArn"],
                "CreationTime": document["CreationTime"],
                "EndpointName": document[f"{kind.name}JobInput"].get("EndpointInput", {}).get("EndpointName", ""),
            }
            for document in self._table(kind).documents()
        ]
        if "EndpointName" in request:
            endpoint = request["EndpointName"]
            summaries = [summary for summary in summaries if summary["EndpointName"] == endpoint]
        return page(request, summaries, member="JobDefinitionSummaries", name="MonitoringJobDefinitionName")

    def _delete(self, kind: DefinitionKind, request: Document) -> Document:
        name = request["JobDefinitionName"]
        find_definition(platform=self._platform, kind=kind, name=name)
        with self._platform.store.lock:
            for schedule in self._platform.store.table("MonitoringSchedule").documents():
                used = schedule["MonitoringScheduleConfig"].get("MonitoringJobDefinitionName")
                if used == name and schedule["MonitoringType"] == kind.name:
                    user = schedule["MonitoringScheduleName"]
                    raise invalid(f"Job Definition {name} is used by Monitoring Schedule {user}; delete that first")
            self._table(kind).remove(name)
        return {}


def definition_arn(*, platform: Platform, kind: DefinitionKind, name: str) -> str:
    """Return a definition's ARN; SageMaker writes names in ARNs in lower case."""
    return platform.arn(kind=kind.arn, name=name.lower())


def find_definition(*, platform: Platform, kind: DefinitionKind, name: str) -> Document:
    """Return a definition's document.

    Raises:
        ServiceError: ResourceNotFound, there is no such definition.

    """
    document = platform.store.table(kind.table).find(name)
    if document is None:
        raise not_found(f"Job Definition {definition_arn(platform=platform, kind=kind, name=name)} does not exist")
    return document
