"""What the job definitions of all kinds of monitors have in common.

Every kind has classes of its own for the same members: `kind` is the class of the definition, whose are taken.
"""

from typing import Any

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from modelyard.constructs.workflows.analysis import OUTPUT
from modelyard.constructs.workflows.requests import JobContext
from modelyard.manifest.monitoring import Monitoring
from modelyard.shared.instance_types import has_local_disk

Schedule = sagemaker.CfnMonitoringSchedule


def monitoring_schedule(
    scope: Construct, *, name: str, kind: str, definition: str, monitoring: Monitoring
) -> sagemaker.CfnMonitoringSchedule:
    """Return the schedule of a definition, whose construct it lies in."""
    return Schedule(
        scope,
        "Schedule",
        monitoring_schedule_name=name,
        monitoring_schedule_config=Schedule.MonitoringScheduleConfigProperty(
            monitoring_type=kind,
            monitoring_job_definition_name=definition,
            schedule_config=Schedule.ScheduleConfigProperty(schedule_expression=monitoring.cron),
        ),
    )


def output_config(kind: Any, *, uri: str, key_arn: str) -> Any:
    """Return where the reports go, as soon as they are written."""
    written = kind.S3OutputProperty(s3_uri=uri, local_path=OUTPUT, s3_upload_mode="Continuous")
    return kind.MonitoringOutputConfigProperty(
        kms_key_id=key_arn, monitoring_outputs=[kind.MonitoringOutputProperty(s3_output=written)]
    )


def job_resources(kind: Any, *, monitoring: Monitoring, job_context: JobContext) -> Any:
    """Return one machine; its disk has the key, unless it encrypts itself."""
    return kind.MonitoringResourcesProperty(
        cluster_config=kind.ClusterConfigProperty(
            instance_count=1,
            instance_type=monitoring.instance,
            volume_size_in_gb=monitoring.volume_gb,
            volume_kms_key_id=None if has_local_disk(instance=monitoring.instance) else job_context.key_arn,
        )
    )


def network_config(kind: Any, *, job_context: JobContext) -> Any:
    """Return the user's network, where there is one."""
    vpc = job_context.vpc
    config = (
        None
        if vpc is None
        else kind.VpcConfigProperty(security_group_ids=list(vpc.security_groups), subnets=list(vpc.subnets))
    )
    return kind.NetworkConfigProperty(
        enable_inter_container_traffic_encryption=True, enable_network_isolation=False, vpc_config=config
    )


def stopping_condition(kind: Any, *, monitoring: Monitoring) -> Any:
    """Return when a run is stopped."""
    return kind.StoppingConditionProperty(max_runtime_in_seconds=monitoring.max_runtime_minutes * 60)
