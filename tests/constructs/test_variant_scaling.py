"""The scaling of one variant."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from modelyard.constructs.variant_scaling import VariantScaling
from modelyard.manifest.scaling import Scaling
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
