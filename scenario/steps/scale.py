"""The step in which the endpoint scales itself."""

from typing import Any

from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.steps.score import send_traffic

SECONDS = 3.0
# Above the target for three minutes on end is what AWS's own alarm asks for.
MINUTES = 3
ABOVE = 1.3


def scale_out_and_in(context: ScenarioContext, lines: list[str]) -> None:
    """Send more than the instances are meant for until there are more; then nothing until they are gone again."""
    serving = context.model.serving
    scaling = None if serving is None else serving.scaling
    assert serving is not None  # noqa: S101 - the step is of models that scale by invocations
    assert scaling is not None  # noqa: S101
    assert scaling.invocations_per_instance is not None  # noqa: S101
    least = _minimum(context)
    share = serving.variants[0].weight / sum(variant.weight for variant in serving.variants)
    rate = scaling.invocations_per_instance * least * ABOVE / SECONDS / share
    for _ in range(MINUTES):
        # A metric is counted by the minute: what is sent must not fall into two.
        now = context.connection.now()
        context.connection.advance(seconds=61 - now.second - now.microsecond / 1e6)
        lines[:] = [send_traffic(context, rate=rate, seconds=SECONDS)]
    grown = context.until(lambda: _instances(context) > least, minutes=5)
    context.require(grown, f"the endpoint must scale out above {least} instances, it has {_instances(context)}")
    lines.append(f"{least} -> {_instances(context)} instances: {_last_activity(context)}")
    if scaling.disable_scale_in:
        return
    shrunk = context.until(lambda: _instances(context) == _minimum(context), minutes=60)
    context.require(
        shrunk, f"the endpoint must scale in to {_minimum(context)} instances, it has {_instances(context)}"
    )
    lines.append(f"back to {_instances(context)} instances: {_last_activity(context)}")


def _instances(context: ScenarioContext) -> int:
    variant = context.client("sagemaker").describe_endpoint(EndpointName=context.endpoint)["ProductionVariants"][0]
    return int(variant["CurrentInstanceCount"])


def _minimum(context: ScenarioContext) -> int:
    """The least instances now: a calendar may have changed what the manifest begins with."""
    (target, *_) = context.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")[
        "ScalableTargets"
    ]
    return int(target["MinCapacity"])


def _last_activity(context: ScenarioContext) -> str:
    activities: list[dict[str, Any]] = context.client("application-autoscaling").describe_scaling_activities(
        ServiceNamespace="sagemaker"
    )["ScalingActivities"]
    return str(max(activities, key=lambda activity: activity["StartTime"])["Description"])
