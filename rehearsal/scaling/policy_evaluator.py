"""What policies do each minute: their alarms are looked at, and counts set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.hosting.endpoints import Endpoints
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.scaling.activities import Activities
from modelyard.rehearsal.scaling.targets import Resource
from modelyard.rehearsal.scaling.tracking import ALARM_OF, DIRECTIONS, Cooldowns, Direction, Tracking

SUSPENSION: dict[Direction, str] = {"out": "DynamicScalingOutSuspended", "in": "DynamicScalingInSuspended"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Decision:
    """What one policy asks for."""

    count: int
    direction: Direction
    cause: str


class PolicyEvaluator:
    """Sets the counts of variants within the bounds of their targets, and keeps account of it."""

    def __init__(self, *, platform: Platform, endpoints: Endpoints) -> None:
        self._platform = platform
        self._endpoints = endpoints
        self._activities = Activities(clock=platform.clock)
        self._cooldowns: dict[str, Cooldowns] = {}

    def check_can_scale(self, resource: Resource) -> None:
        """Refuse a variant that no endpoint serves, and one of burstable instances.

        Raises:
            ServiceError: ValidationException.

        """
        kind = self._fleet(resource).plan.instance_type
        if kind.startswith("ml.t"):
            raise invalid(f"Auto scaling is not supported for burstable instances, got {kind}; choose another type")

    def follow(self, *, target: Document, policies: Sequence[Document]) -> None:
        """Do what a target's policies ask for: out if any asks for it, in only if all do."""
        resource = Resource.read(target)
        if not policies or not self._can_be_changed(resource):
            return
        wishes = [decision for policy in policies if (decision := self._wish(policy, target=target)) is not None]
        out = [decision for decision in wishes if decision.direction == "out"]
        if out:
            self._grant(max(out, key=lambda decision: decision.count), target=target)
        elif len(wishes) == len(policies):
            self._grant(max(wishes, key=lambda decision: decision.count), target=target)

    def clamp(self, target: Document) -> None:
        """Bring a count that is out of its bounds inside."""
        resource, low, high = Resource.read(target), target["MinCapacity"], target["MaxCapacity"]
        current = self._count(resource)
        if current < low:
            self._set(
                resource, decision=_Decision(count=low, direction="out", cause=f"minimum capacity was set to {low}")
            )
        elif current > high:
            self._set(
                resource, decision=_Decision(count=high, direction="in", cause=f"maximum capacity was set to {high}")
            )

    def activities(self) -> list[Document]:
        """Return what was scaled, the latest first."""
        self._activities.settle(self._has_settled)
        return self._activities.documents()

    def _wish(self, policy: Document, *, target: Document) -> _Decision | None:
        """Return what a policy asks for, or None where its alarms are calm or it may not act."""
        tracking, resource = Tracking.of(policy), Resource.read(target)
        firing = self._firing(policy)
        for direction in DIRECTIONS:
            names = [name for name in firing if ALARM_OF[direction] in name]
            if names and self._may(tracking, target=target, direction=direction):
                cause = f"monitor alarm {names[0]} in state ALARM triggered policy {policy['PolicyName']}"
                return self._tracked(tracking, resource=resource, direction=direction, cause=cause)
        return None

    def _tracked(self, tracking: Tracking, *, resource: Resource, direction: Direction, cause: str) -> _Decision | None:
        value = self._latest(tracking)
        if value is None:
            return None
        count = tracking.desired(current=self._count(resource), value=value)
        return _Decision(count=count, direction=direction, cause=cause)

    def _grant(self, decision: _Decision, *, target: Document) -> None:
        resource = Resource.read(target)
        count = min(max(decision.count, target["MinCapacity"]), target["MaxCapacity"])
        current = self._count(resource)
        if (count > current) if decision.direction == "out" else (count < current):
            self._set(resource, decision=_Decision(count=count, direction=decision.direction, cause=decision.cause))

    def _set(self, resource: Resource, *, decision: _Decision) -> None:
        activity = self._activities.begin(resource=resource, count=decision.count, cause=decision.cause)
        change = {"VariantName": resource.variant, "DesiredInstanceCount": decision.count}
        request = {"EndpointName": resource.endpoint, "DesiredWeightsAndCapacities": [change]}
        try:
            self._endpoints.update_endpoint_weights_and_capacities(request)
        except ServiceError as error:
            message = f"Failed to set desired instance count to {decision.count}. {error.message}"
            self._activities.fail(activity, message=message)
            return
        self._cooldowns_of(resource).note(direction=decision.direction, now=self._platform.clock.now())

    def _may(self, tracking: Tracking, *, target: Document, direction: Direction) -> bool:
        if target["SuspendedState"][SUSPENSION[direction]] or (direction == "in" and not tracking.scale_in):
            return False
        seconds = tracking.out_cooldown_seconds if direction == "out" else tracking.in_cooldown_seconds
        cooldowns = self._cooldowns_of(Resource.read(target))
        return cooldowns.allow(direction=direction, seconds=seconds, now=self._platform.clock.now())

    def _firing(self, policy: Document) -> list[str]:
        names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
        answer = self._cloudwatch.describe_alarms(AlarmNames=names, StateValue="ALARM")
        return [alarm["AlarmName"] for alarm in answer["MetricAlarms"]]

    def _latest(self, tracking: Tracking) -> float | None:
        """Return the metric's value of the last minute that has one, of the last three."""
        now = self._platform.clock.now().replace(second=0, microsecond=0)
        answer = self._cloudwatch.get_metric_statistics(
            **tracking.metric.members(),
            StartTime=now - timedelta(minutes=3),
            EndTime=now,
            Period=60,
            Statistics=[tracking.metric.statistic],
        )
        points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
        return float(points[-1][tracking.metric.statistic]) if points else None

    def _count(self, resource: Resource) -> int:
        return self._fleet(resource).desired

    def _fleet(self, resource: Resource) -> Fleet:
        endpoint = self._endpoints.find_served(resource.endpoint)
        if endpoint is None or endpoint.serving is None or resource.variant not in endpoint.serving.fleets:
            raise invalid(f"SageMaker endpoint variant doesn't exist: {resource.id}")
        return endpoint.serving.fleet(resource.variant)

    def _can_be_changed(self, resource: Resource) -> bool:
        endpoint = self._endpoints.find_served(resource.endpoint)
        if endpoint is None or endpoint.serving is None:
            return False
        return resource.variant in endpoint.serving.fleets and endpoint.status == "InService"

    def _has_settled(self, resource: Resource) -> bool:
        return self._endpoints.find_served(resource.endpoint) is None or self._can_be_changed(resource)

    def _cooldowns_of(self, resource: Resource) -> Cooldowns:
        return self._cooldowns.setdefault(resource.id, Cooldowns())

    @property
    def _cloudwatch(self) -> Any:
        return self._platform.own_client("cloudwatch")
