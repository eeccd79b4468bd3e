"""The scaling of one variant."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from modelyard.constructs.variant_scaling import VariantScaling
from modelyard.manifest.scaling import Scaling
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
