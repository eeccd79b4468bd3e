"""The data-quality monitor of AWS's engine."""

import aws_cdk as cdk
import pytest

from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.managed_monitor import ManagedMonitor
from modelyard.constructs.monitor_target import MonitorTarget
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from support.small_stack import SmallStack
from support.workflows import JOB_CONTEXT


def add(small: SmallStack, *, publish_metrics: bool = False) -> None:
    stack: cdk.Stack = small.stack
    ManagedMonitor(
        stack,
        "Monitor",
        target=MonitorTarget(
            monitoring=Monitoring(engine="model-monitor", publish_metrics=publish_metrics),
            layout=DataLayout(model="churn"),
            endpoint="dev-churn",
            schedule="dev-churn-data-quality",
            variants=("current",),
        ),
        job_context=JOB_CONTEXT,
        image=ContainerImage(
            stack, "Image", container="model-monitor:", image_scope="monitoring", instance="ml.m5.large"
        ),
        role=ExecutionRole(stack, "Role", service="sagemaker.amazonaws.com", statements=[], description="Checks"),
        baseline="churn/baseline/run",
    )


def test_the_definition_has_no_name_that_would_forbid_its_replacement(small: SmallStack) -> None:
    add(small)

    assert "JobDefinitionName" not in small.one("SageMaker::DataQualityJobDefinition")


def test_traffic_is_compared_with_the_baseline(small: SmallStack) -> None:
    add(small)

    baseline = small.one("SageMaker::DataQualityJobDefinition")["DataQualityBaselineConfig"]
    assert baseline["ConstraintsResource"] == {"S3Uri": "s3://data/churn/baseline/run/constraints.json"}
    assert baseline["StatisticsResource"] == {"S3Uri": "s3://data/churn/baseline/run/statistics.json"}


@pytest.mark.parametrize(("publish_metrics", "switch"), [(True, "Enabled"), (False, "Disabled")])
def test_metrics_of_features_are_published_if_the_manifest_asks_for_them(
    small: SmallStack, *, publish_metrics: bool, switch: str
) -> None:
    add(small, publish_metrics=publish_metrics)

    application = small.one("SageMaker::DataQualityJobDefinition")["DataQualityAppSpecification"]
    assert application["Environment"] == {"publish_cloudwatch_metrics": switch}


def test_the_schedule_runs_the_definition(small: SmallStack) -> None:
    add(small)

    schedule = small.one("SageMaker::MonitoringSchedule")
    config = schedule["MonitoringScheduleConfig"]
    assert schedule["MonitoringScheduleName"] == "dev-churn-data-quality"
    assert config["MonitoringJobDefinitionName"] == "<MonitorDefinition.JobDefinitionName>"
    assert config["MonitoringType"] == "DataQuality"
