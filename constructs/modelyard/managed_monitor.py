"""The engine `model-monitor`: AWS's analyzer on AWS's schedule, for accounts that had it before 2026."""

from __future__ import annotations

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from manifest.data_layout import DataLayout
from manifest.monitoring import Monitoring
from modelyard.container_image import ContainerImage
from modelyard.execution_role import ExecutionRole
from modelyard.workflows.analysis import ENDPOINT_DATA, OUTPUT
from modelyard.workflows.requests import Place, has_local_disk

Definition = sagemaker.CfnDataQualityJobDefinition
Schedule = sagemaker.CfnMonitoringSchedule


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
        place: Place,
        image: ContainerImage,
        role: ExecutionRole,
        baseline: str,
    ) -> None:
        super().__init__(scope, construct_id)
        report = place.uri(layout.monitoring)
        self.definition = Definition(
            self,
            "Definition",
            role_arn=role.arn,
            data_quality_app_specification=_application(image_uri=image.uri),
            data_quality_baseline_config=_baseline(uri=place.uri(baseline)),
            data_quality_job_input=_input(endpoint=endpoint),
            data_quality_job_output_config=_output(uri=report, key_arn=place.key_arn),
            job_resources=_resources(monitoring=monitoring, place=place),
            network_config=_network(place=place),
            stopping_condition=Definition.StoppingConditionProperty(
                max_runtime_in_seconds=monitoring.max_runtime_minutes * 60
            ),
        )
        self.schedule = Schedule(
            self,
            "Schedule",
            monitoring_schedule_name=schedule,
            monitoring_schedule_config=Schedule.MonitoringScheduleConfigProperty(
                monitoring_type="DataQuality",
                monitoring_job_definition_name=self.definition.get_att("JobDefinitionName").to_string(),
                schedule_config=Schedule.ScheduleConfigProperty(schedule_expression=monitoring.cron),
            ),
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


def _output(*, uri: str, key_arn: str) -> Definition.MonitoringOutputConfigProperty:
    written = Definition.S3OutputProperty(s3_uri=uri, local_path=OUTPUT, s3_upload_mode="Continuous")
    return Definition.MonitoringOutputConfigProperty(
        kms_key_id=key_arn, monitoring_outputs=[Definition.MonitoringOutputProperty(s3_output=written)]
    )


def _resources(*, monitoring: Monitoring, place: Place) -> Definition.MonitoringResourcesProperty:
    return Definition.MonitoringResourcesProperty(
        cluster_config=Definition.ClusterConfigProperty(
            instance_count=1,
            instance_type=monitoring.instance,
            volume_size_in_gb=monitoring.volume_gb,
            volume_kms_key_id=None if has_local_disk(instance=monitoring.instance) else place.key_arn,
        )
    )


def _network(*, place: Place) -> Definition.NetworkConfigProperty:
    vpc = place.vpc
    config = (
        None
        if vpc is None
        else Definition.VpcConfigProperty(security_group_ids=list(vpc.security_groups), subnets=list(vpc.subnets))
    )
    return Definition.NetworkConfigProperty(
        enable_inter_container_traffic_encryption=True, enable_network_isolation=False, vpc_config=config
    )
