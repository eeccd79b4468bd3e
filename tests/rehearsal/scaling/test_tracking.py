from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.scaling.tracking import Cooldowns, Resource, Tracking

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
INVOCATIONS = {"PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}}
VARIANT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/churn/variant/primary",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def tracking(**config: Any) -> Tracking:
    whole = {"TargetValue": 100.0} | (config or INVOCATIONS)
    return Tracking.of(VARIANT | {"TargetTrackingScalingPolicyConfiguration": whole})


@pytest.mark.parametrize(("current", "value", "desired"), [(1, 100.0, 1), (1, 101.0, 2), (2, 250.0, 5), (4, 20.0, 1)])
def test_the_capacity_is_what_brings_the_metric_to_its_target(current: int, value: float, desired: int) -> None:
    assert tracking().desired(current=current, value=value) == desired


def test_the_predefined_metric_is_the_sum_of_a_minutes_invocations_per_instance() -> None:
    alarm = tracking().alarm(direction="out")

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SageMaker", "InvocationsPerInstance")
    assert (alarm["Statistic"], alarm["Period"]) == ("Sum", 60)
    assert alarm["Dimensions"] == [
        {"Name": "EndpointName", "Value": "churn"},
        {"Name": "VariantName", "Value": "primary"},
    ]


def test_three_minutes_above_the_target_scale_out() -> None:
    alarm = tracking().alarm(direction="out")

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 100.0)
    assert alarm["EvaluationPeriods"] == 3


def test_fifteen_minutes_below_nine_tenths_of_the_target_scale_in() -> None:
    alarm = tracking().alarm(direction="in")

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 90.0)
    assert alarm["EvaluationPeriods"] == 15


def test_a_metric_of_ones_own_is_tracked_as_it_is_described() -> None:
    custom = {
        "Namespace": "Mine",
        "MetricName": "Load",
        "Statistic": "Average",
        "Unit": "Percent",
        "Dimensions": [{"Name": "Which", "Value": "this"}],
    }
    alarm = tracking(CustomizedMetricSpecification=custom).alarm(direction="out")

    assert alarm.items() >= custom.items()


def test_cooldowns_are_five_minutes_where_none_is_given() -> None:
    assert (tracking().out_cooldown_seconds, tracking().in_cooldown_seconds) == (300, 300)


def test_a_metric_that_is_not_rehearsed_is_refused() -> None:
    other = {"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}}

    with pytest.raises(ServiceError, match="must be SageMakerVariantInvocationsPerInstance in a rehearsal, got Dynamo"):
        tracking(**other)


def test_metric_math_is_refused() -> None:
    with pytest.raises(ServiceError, match="must name one metric: metric math is not rehearsed"):
        tracking(CustomizedMetricSpecification={"Metrics": []})


def test_a_cooldown_ends_when_its_seconds_have_passed() -> None:
    cooldowns = Cooldowns()
    cooldowns.note(direction="out", now=NOW, base=1)

    assert not cooldowns.allow(direction="out", seconds=60, now=NOW + timedelta(seconds=59))
    assert cooldowns.allow(direction="out", seconds=60, now=NOW + timedelta(seconds=60))


def test_scaling_in_waits_for_its_own_cooldown_alone() -> None:
    cooldowns = Cooldowns()
    cooldowns.note(direction="out", now=NOW, base=1)

    assert cooldowns.allow(direction="in", seconds=300, now=NOW)


def test_scaling_out_ends_the_cooldown_of_scaling_in() -> None:
    cooldowns = Cooldowns()
    cooldowns.note(direction="in", now=NOW, base=2)
    cooldowns.note(direction="out", now=NOW, base=1)

    assert cooldowns.allow(direction="in", seconds=300, now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"ResourceId": "endpoint/churn"},
        {"ResourceId": "service/a/variant/b"},
        {"ServiceNamespace": "ecs"},
        {"ScalableDimension": "ecs:service:DesiredCount"},
    ],
)
def test_what_is_no_variant_of_an_endpoint_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ServiceError, match="Unsupported service namespace, resource type or scalable dimension"):
        Resource.read(VARIANT | changes)
