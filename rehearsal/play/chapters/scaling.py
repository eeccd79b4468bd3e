"""The chapter in which the endpoint scales itself."""

from typing import Any

from modelyard.rehearsal.play.chapters.scoring import send_traffic
from modelyard.rehearsal.play.scene import Scene

_SECONDS = 3.0
# Above the target for three minutes on end is what AWS's own alarm asks for.
_MINUTES = 3
_ABOVE = 1.3


def scale_out_and_in(scene: Scene, found: list[str]) -> None:
    """Send more than the instances are meant for until there are more; then nothing until they are gone again."""
    scaling = scene.declared["serving"]["scaling"]
    rate = scaling["invocations_per_instance"] * scaling["min"] * _ABOVE / _SECONDS
    for _ in range(_MINUTES):
        # A metric is counted by the minute: what is sent must not fall into two.
        _to_the_minute(scene)
        found[:] = [send_traffic(scene, rate=rate, seconds=_SECONDS)]
    grown = scene.until(lambda: _instances(scene) > scaling["min"], minutes=5)
    scene.require(grown, f"the endpoint must scale out above {scaling['min']} instances, it has {_instances(scene)}")
    found.append(f"{scaling['min']} -> {_instances(scene)} instances: {_last_activity(scene)}")
    shrunk = scene.until(lambda: _instances(scene) == scaling["min"], minutes=60)
    scene.require(shrunk, f"the endpoint must scale in to {scaling['min']} instances, it has {_instances(scene)}")
    found.append(f"back to {_instances(scene)} instances: {_last_activity(scene)}")


def _to_the_minute(scene: Scene) -> None:
    now = scene.reach.now()
    scene.reach.advance(seconds=61 - now.second - now.microsecond / 1e6)


def _instances(scene: Scene) -> int:
    variant = scene.client("sagemaker").describe_endpoint(EndpointName=scene.endpoint)["ProductionVariants"][0]
    return int(variant["CurrentInstanceCount"])


def _last_activity(scene: Scene) -> str:
    activities: list[dict[str, Any]] = scene.client("application-autoscaling").describe_scaling_activities(
        ServiceNamespace="sagemaker"
    )["ScalingActivities"]
    return str(max(activities, key=lambda one: one["StartTime"])["Description"])
