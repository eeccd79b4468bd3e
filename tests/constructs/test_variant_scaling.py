"""The scaling of one variant."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from modelyard.constructs.variant_scaling import VariantScaling
from modelyard.manifest.scaling import Scaling
from modelyard.manifest.scaling_policies import ScalingMetric, Step, StepScaling, Tracking
from modelyard.manifest.scaling_schedule import ScheduledAction
from support.small_stack import SmallStack


def scale(small: SmallStack, **declared: Any) -> None:
    endpoint = SimpleNamespace(resource=SimpleNamespace(attr_endpoint_name="dev-churn"))
    bounds = Scaling(min=2, max=5, **declared)
    VariantScaling(small.stack, "Scaling", endpoint=cast("Any", endpoint), variant="primary", bounds=bounds)


def test_a_variant_keeps_to_its_bounds(small: SmallStack) -> None:
    scale(small, invocations_per_instance=750)

    target = small.one("ApplicationAutoScaling::ScalableTarget")
    assert target["ResourceId"] == "endpoint/dev-churn/variant/primary"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 5)
    assert "RoleARN" not in target
    assert "ScheduledActions" not in target


def test_bounds_change_by_the_calendar(small: SmallStack) -> None:
    day = ScheduledAction(name="day", expression="cron(0 7 ? * MON-FRI *)", timezone="Europe/Berlin", min=3, max=9)
    rate = ScheduledAction(name="often", expression="rate(1 day)", max=5)
    scale(small, invocations_per_instance=750, schedule=(day, rate))

    assert small.one("ApplicationAutoScaling::ScalableTarget")["ScheduledActions"] == [
        {
            "ScheduledActionName": "day",
            "Schedule": "cron(0 7 ? * MON-FRI *)",
            "Timezone": "Europe/Berlin",
            "ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 9},
        },
        {
            "ScheduledActionName": "often",
            "Schedule": "rate(1 day)",
            "ScalableTargetAction": {"MaxCapacity": 5},
        },
    ]


@pytest.mark.parametrize(
    ("declared", "metric"),
    [
        ({"invocations_per_instance": 750}, "SageMakerVariantInvocationsPerInstance"),
        ({"concurrent_requests_per_model": 4}, "SageMakerVariantConcurrentRequestsPerModelHighResolution"),
    ],
)
def test_the_declared_metric_is_tracked_at_its_target(small: SmallStack, declared: dict[str, Any], metric: str) -> None:
    scale(small, scale_in_cooldown=900, disable_scale_in=True, **declared)

    policy = small.one("ApplicationAutoScaling::ScalingPolicy")
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"] == {"PredefinedMetricType": metric}
    assert tracking["TargetValue"] == next(iter(declared.values()))
    assert (tracking["ScaleInCooldown"], tracking["ScaleOutCooldown"], tracking["DisableScaleIn"]) == (900, 60, True)


VARIANT = [{"Name": "EndpointName", "Value": "dev-churn"}, {"Name": "VariantName", "Value": "primary"}]


def policies(small: SmallStack) -> dict[str, dict[str, Any]]:
    found = small.resources("ApplicationAutoScaling::ScalingPolicy").values()
    return {one["Properties"]["PolicyName"]: one["Properties"] for one in found}


@pytest.mark.parametrize(
    ("preset", "target", "namespace", "name", "statistic", "value"),
    [
        ("invocations", 100, "AWS/SageMaker", "InvocationsPerInstance", "Sum", 100),
        ("latency", 200, "AWS/SageMaker", "ModelLatency", "Average", 200_000),
        ("cpu", 60, "/aws/sagemaker/Endpoints", "CPUUtilization", "Average", 60),
        ("memory", 60, "/aws/sagemaker/Endpoints", "MemoryUtilization", "Average", 60),
        ("disk", 60, "/aws/sagemaker/Endpoints", "DiskUtilization", "Average", 60),
        ("gpu", 60, "/aws/sagemaker/Endpoints", "GPUUtilization", "Average", 60),
        ("gpu-memory", 60, "/aws/sagemaker/Endpoints", "GPUMemoryUtilization", "Average", 60),
    ],
)
def test_a_preset_is_a_metric_of_the_variant(
    small: SmallStack, preset: Any, target: float, namespace: str, name: str, statistic: str, value: float
) -> None:
    scale(small, tracking=(Tracking(name="one", metric=ScalingMetric(preset=preset), target=target),))

    config = policies(small)["one"]["TargetTrackingScalingPolicyConfiguration"]
    assert config["TargetValue"] == value
    assert config["CustomizedMetricSpecification"] == {
        "Namespace": namespace,
        "MetricName": name,
        "Statistic": statistic,
        "Dimensions": VARIANT,
    }


def test_a_metric_of_ones_own_is_taken_as_it_is_written(small: SmallStack) -> None:
    metric = ScalingMetric(namespace="Mine", name="Load", statistic="Maximum", dimensions={"Queue": "a"}, unit="Count")
    scale(
        small,
        invocations_per_instance=750,
        tracking=(Tracking(name="own", metric=metric, target=9, scale_in_cooldown=5, disable_scale_in=True),),
    )

    assert set(policies(small)) == {"SageMakerEndpointInvocationScalingPolicy", "own"}
    config = policies(small)["own"]["TargetTrackingScalingPolicyConfiguration"]
    assert config["CustomizedMetricSpecification"] == {
        "Namespace": "Mine",
        "MetricName": "Load",
        "Statistic": "Maximum",
        "Unit": "Count",
        "Dimensions": [{"Name": "Queue", "Value": "a"}],
    }
    assert (config["ScaleInCooldown"], config["ScaleOutCooldown"], config["DisableScaleIn"]) == (5, 60, True)


def test_steps_are_a_policy_that_an_alarm_calls(small: SmallStack) -> None:
    changes = (Step(change=1), Step(distance=300, change=3))
    slow = StepScaling(name="slow", metric=ScalingMetric(preset="latency"), threshold=500, changes=changes)
    scale(small, steps=(slow,))

    policy = policies(small)["slow"]
    assert policy["PolicyType"] == "StepScaling"
    assert policy["StepScalingPolicyConfiguration"] == {
        "AdjustmentType": "ChangeInCapacity",
        "Cooldown": 300,
        "MetricAggregationType": "Average",
        "StepAdjustments": [
            {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 300_000, "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 300_000, "ScalingAdjustment": 3},
        ],
    }
    alarm = small.one("CloudWatch::Alarm")
    assert (alarm["MetricName"], alarm["Threshold"], alarm["EvaluationPeriods"]) == ("ModelLatency", 500_000, 3)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("GreaterThanOrEqualToThreshold", "notBreaching")
    assert alarm["Dimensions"] == VARIANT
    # By its ARN: Ref would give the scalable dimension, too.
    assert alarm["AlarmActions"] == ["<ScalingslowSteps.Arn>"]


def test_steps_below_a_threshold_are_bounded_from_above(small: SmallStack) -> None:
    idle = StepScaling(
        name="idle",
        metric=ScalingMetric(preset="cpu"),
        threshold=20,
        breach="below",
        minutes=15,
        adjustment="PercentChangeInCapacity",
        min_change=2,
        changes=(Step(change=-10), Step(distance=15, change=-50)),
    )
    scale(small, steps=(idle,))

    config = policies(small)["idle"]["StepScalingPolicyConfiguration"]
    assert config["StepAdjustments"] == [
        {"MetricIntervalLowerBound": -15, "MetricIntervalUpperBound": 0, "ScalingAdjustment": -10},
        {"MetricIntervalUpperBound": -15, "ScalingAdjustment": -50},
    ]
    assert (config["AdjustmentType"], config["MinAdjustmentMagnitude"]) == ("PercentChangeInCapacity", 2)
    alarm = small.one("CloudWatch::Alarm")
    assert (alarm["ComparisonOperator"], alarm["EvaluationPeriods"]) == ("LessThanOrEqualToThreshold", 15)
