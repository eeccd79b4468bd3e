"""The step in which the endpoint scales itself."""

from typing import Any

from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.steps.score import send_traffic

SECONDS = 3.0
# Above the target for three minutes on end is what AWS's own alarm asks for.
MINUTES = 3
ABOVE = 1.3


def scale_out_and_in(context: ScenarioContext, lines: list[str]) -> None:
    """Send more than the instances are meant for until there are more; then nothing until they are gone again.

    Where the manifest has a calendar, its next action is waited for.
    """
    serving = context.model.serving
    scaling = None if serving is None else serving.scaling
    assert serving is not None  # noqa: S101 - the step is of models that scale by invocations
    assert scaling is not None  # noqa: S101
    assert scaling.invocations_per_instance is not None  # noqa: S101
    least, _ = _bounds(context)
    share = serving.variants[0].weight / sum(variant.weight for variant in serving.variants)
    rate = scaling.invocations_per_instance * least * ABOVE / SECONDS / share
    for _ in range(MINUTES):
        # A metric is counted by the minute: what is sent must not fall into two.
        now = context.connection.now()
        context.connection.advance(seconds=61 - now.second - now.microsecond / 1e6)
        lines[:] = [send_traffic(context, rate=rate, seconds=SECONDS)]
    grown = context.until(lambda: _instances(context) > least, minutes=5)
    context.require(grown, f"the endpoint must scale out above {least} instances, it has {_instances(context)}")
    lines.append(f"{least} -> {_instances(context)} instances: {_activities(context)[0]['Description']}")
    if not scaling.disable_scale_in:
        shrunk = context.until(lambda: _instances(context) == _bounds(context)[0], minutes=60)
        least = _bounds(context)[0]
        context.require(shrunk, f"the endpoint must scale in to {least} instances, it has {_instances(context)}")
        lines.append(f"back to {_instances(context)} instances: {_activities(context)[0]['Description']}")
    if scaling.schedule:
        lines.append(_by_the_calendar(context))


def _by_the_calendar(context: ScenarioContext) -> str:
    """Wait a day at most for the next scheduled action, and return what it did."""
    before = len(_scheduled(context))
    if not context.until(lambda: len(_scheduled(context)) > before, minutes=24 * 60, step=3600):
        return "no scheduled action is due within a day"
    low, high = _bounds(context)
    settled = context.until(lambda: low <= _instances(context) <= high, minutes=5)
    context.require(settled, f"the endpoint must have {low} to {high} instances, it has {_instances(context)}")
    newest = _scheduled(context)[0]
    return f"{newest['Cause']}: {newest['Description']}"


def _instances(context: ScenarioContext) -> int:
    variant = context.client("sagemaker").describe_endpoint(EndpointName=context.endpoint)["ProductionVariants"][0]
    return int(variant["CurrentInstanceCount"])


def _bounds(context: ScenarioContext) -> tuple[int, int]:
    """The least and the most instances now: a calendar may have changed what the manifest begins with."""
    client = context.client("application-autoscaling")
    target = client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"][0]
    return target["MinCapacity"], target["MaxCapacity"]


def _activities(context: ScenarioContext) -> list[dict[str, Any]]:
    """What was scaled, the latest first."""
    client = context.client("application-autoscaling")
    found: list[dict[str, Any]] = client.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"]
    return sorted(found, key=lambda activity: activity["StartTime"], reverse=True)


def _scheduled(context: ScenarioContext) -> list[dict[str, Any]]:
    return [activity for activity in _activities(context) if activity["Cause"].startswith("scheduled action")]
