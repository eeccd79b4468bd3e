"""The engine `model-monitor`: AWS's analyzer on AWS's schedule, for accounts that had it before 2026."""

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.job_definitions import (
    job_resources,
    monitoring_schedule,
    network_config,
    output_config,
    stopping_condition,
)
from modelyard.constructs.workflows.analysis import ENDPOINT_DATA
from modelyard.constructs.workflows.requests import JobContext
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring

Definition = sagemaker.CfnDataQualityJobDefinition


class ManagedMonitor(Construct):
    """A data-quality job definition, and the schedule that runs it over the endpoint's captures.

    The definition has no name: every property of it is create-only, its tags too, and it is locked by the schedule,
    so that a change must make another before the old one goes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        monitoring: Monitoring,
        layout: DataLayout,
        endpoint: str,
        schedule: str,
        job_context: JobContext,
        image: ContainerImage,
        role: ExecutionRole,
        baseline: str,
    ) -> None:
        super().__init__(scope, construct_id)
        report = job_context.uri(layout.monitoring)
        self.definition = Definition(
            self,
            "Definition",
            role_arn=role.arn,
            data_quality_app_specification=_application(image_uri=image.uri),
            data_quality_baseline_config=_baseline(uri=job_context.uri(baseline)),
            data_quality_job_input=_input(endpoint=endpoint),
            data_quality_job_output_config=output_config(Definition, uri=report, key_arn=job_context.key_arn),
            job_resources=job_resources(Definition, monitoring=monitoring, job_context=job_context),
            network_config=network_config(Definition, job_context=job_context),
            stopping_condition=stopping_condition(Definition, monitoring=monitoring),
        )
        self.schedule = monitoring_schedule(
            self,
            name=schedule,
            kind="DataQuality",
            definition=self.definition.get_att("JobDefinitionName").to_string(),
            monitoring=monitoring,
        )


def _application(*, image_uri: str) -> Definition.DataQualityAppSpecificationProperty:
    """Without the switch a schedule made by a template publishes nothing, unlike one made by the SDK."""
    return Definition.DataQualityAppSpecificationProperty(
        image_uri=image_uri, environment={"publish_cloudwatch_metrics": "Enabled"}
    )


def _baseline(*, uri: str) -> Definition.DataQualityBaselineConfigProperty:
    return Definition.DataQualityBaselineConfigProperty(
        constraints_resource=Definition.ConstraintsResourceProperty(s3_uri=f"{uri}/constraints.json"),
        statistics_resource=Definition.StatisticsResourceProperty(s3_uri=f"{uri}/statistics.json"),
    )


def _input(*, endpoint: str) -> Definition.DataQualityJobInputProperty:
    return Definition.DataQualityJobInputProperty(
        endpoint_input=Definition.EndpointInputProperty(endpoint_name=endpoint, local_path=ENDPOINT_DATA)
    )
