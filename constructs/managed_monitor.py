"""The engine `model-monitor`: AWS's analyzer on AWS's schedule, "closed to new customers effective 7/30/26"."""

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
from modelyard.constructs.monitor_target import MonitorTarget
from modelyard.constructs.workflows.analysis import ENDPOINT_DATA, publication_switch
from modelyard.constructs.workflows.requests import JobContext

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
        target: MonitorTarget,
        job_context: JobContext,
        image: ContainerImage,
        role: ExecutionRole,
        baseline: str,
    ) -> None:
        super().__init__(scope, construct_id)
        monitoring, report = target.monitoring, job_context.uri(target.layout.monitoring)
        compared_with = job_context.uri(baseline)
        self.definition = Definition(
            self,
            "Definition",
            role_arn=role.arn,
            data_quality_app_specification=Definition.DataQualityAppSpecificationProperty(
                image_uri=image.uri, environment=publication_switch(monitoring=monitoring)
            ),
            data_quality_baseline_config=Definition.DataQualityBaselineConfigProperty(
                constraints_resource=Definition.ConstraintsResourceProperty(s3_uri=f"{compared_with}/constraints.json"),
                statistics_resource=Definition.StatisticsResourceProperty(s3_uri=f"{compared_with}/statistics.json"),
            ),
            data_quality_job_input=Definition.DataQualityJobInputProperty(
                endpoint_input=Definition.EndpointInputProperty(endpoint_name=target.endpoint, local_path=ENDPOINT_DATA)
            ),
            data_quality_job_output_config=output_config(Definition, uri=report, key_arn=job_context.key_arn),
            job_resources=job_resources(Definition, monitoring=monitoring, job_context=job_context),
            network_config=network_config(Definition, job_context=job_context),
            stopping_condition=stopping_condition(Definition, monitoring=monitoring),
        )
        self.schedule = monitoring_schedule(
            self,
            name=target.schedule,
            kind="DataQuality",
            definition=self.definition.get_att("JobDefinitionName").to_string(),
            monitoring=monitoring,
        )
