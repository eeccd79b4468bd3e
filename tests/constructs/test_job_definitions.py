"""What the job definitions of all kinds of monitors have in common."""

import dataclasses
from typing import Any

import pytest
from aws_cdk import aws_sagemaker as sagemaker

from modelyard.constructs.job_definitions import (
    job_resources,
    monitoring_schedule,
    network_config,
    output_config,
    stopping_condition,
)
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.stage import Vpc
from support.small_stack import KEY_ARN, SmallStack
from support.workflows import JOB_CONTEXT

KINDS = (sagemaker.CfnDataQualityJobDefinition, sagemaker.CfnModelQualityJobDefinition)
SUBNETS = {"subnet-0aaaaaaa": "eu-west-1a", "subnet-0bbbbbbb": "eu-west-1b"}
VPC = Vpc(subnets=SUBNETS, security_groups=("sg-0ccccccc",))
MONITORING = Monitoring(engine="model-monitor", instance="ml.m5.large", volume_gb=30, max_runtime_minutes=20)


@pytest.mark.parametrize("kind", KINDS)
def test_reports_are_uploaded_as_they_are_written_and_encrypted(kind: Any) -> None:
    config = output_config(kind, uri="s3://data/churn/monitoring", key_arn=KEY_ARN)

    (output,) = config.monitoring_outputs
    assert config.kms_key_id == KEY_ARN
    assert (output.s3_output.s3_uri, output.s3_output.s3_upload_mode) == ("s3://data/churn/monitoring", "Continuous")


@pytest.mark.parametrize(("instance", "key"), [("ml.m5.large", JOB_CONTEXT.key_arn), ("ml.g5.xlarge", None)])
def test_a_disk_has_the_key_unless_it_encrypts_itself(instance: str, key: str | None) -> None:
    monitoring = dataclasses.replace(MONITORING, instance=instance)

    cluster = job_resources(KINDS[0], monitoring=monitoring, job_context=JOB_CONTEXT).cluster_config

    assert (cluster.instance_count, cluster.instance_type, cluster.volume_size_in_gb) == (1, instance, 30)
    assert cluster.volume_kms_key_id == key


def test_a_job_runs_in_the_network_of_the_stage() -> None:
    context = dataclasses.replace(JOB_CONTEXT, vpc=VPC)

    network = network_config(KINDS[0], job_context=context)

    assert network.enable_inter_container_traffic_encryption is True
    assert network.vpc_config.subnets == list(SUBNETS)
    assert network.vpc_config.security_group_ids == ["sg-0ccccccc"]


def test_a_job_without_a_network_of_the_stage_names_none() -> None:
    assert network_config(KINDS[0], job_context=JOB_CONTEXT).vpc_config is None


def test_a_run_is_stopped_after_the_declared_minutes() -> None:
    assert stopping_condition(KINDS[0], monitoring=MONITORING).max_runtime_in_seconds == 1200


def test_the_schedule_starts_the_definition_by_the_declared_expression(small: SmallStack) -> None:
    monitoring_schedule(small.stack, name="dev-churn", kind="DataQuality", definition="made", monitoring=MONITORING)

    schedule = small.one("SageMaker::MonitoringSchedule")
    assert schedule["MonitoringScheduleName"] == "dev-churn"
    assert schedule["MonitoringScheduleConfig"] == {
        "MonitoringJobDefinitionName": "made",
        "MonitoringType": "DataQuality",
        "ScheduleConfig": {"ScheduleExpression": MONITORING.cron},
    }
