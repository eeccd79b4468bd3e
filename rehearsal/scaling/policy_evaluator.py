"""What policies do each minute: their alarms are looked at, counts set, and activities kept of that."""

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.hosting.endpoints import Endpoints
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.scaling.tracking import ALARM_OF, DIRECTIONS, Cooldowns, Direction, Resource, Tracking

BOUNDS = {"MinCapacity": "min", "MaxCapacity": "max"}
SUSPENSION: dict[Direction, str] = {"out": "DynamicScalingOutSuspended", "in": "DynamicScalingInSuspended"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What one policy asks for."""

    count: int
    direction: Direction
    cause: str


class PolicyEvaluator:
    """Sets the counts of variants within the bounds of their targets, and keeps account of it."""

    def __init__(self, *, platform: Platform, endpoints: Endpoints) -> None:
        self._platform = platform
        self._endpoints = endpoints
        self._activities: list[Document] = []
        self._lock = threading.Lock()
        self._cooldowns: dict[str, Cooldowns] = {}

    def check_can_scale(self, resource: Resource) -> None:
        """Refuse a variant that no endpoint serves, and one of burstable instances or of none.

        Raises:
            ServiceError: ValidationException.

        """
        plan = self._fleet_of(resource).plan
        kind = plan.instance_type
        if plan.serverless is not None:
            raise invalid(f"Variant {plan.name} is serverless: it has no DesiredInstanceCount that could be scaled")
        if kind.startswith("ml.t"):
            raise invalid(f"Auto scaling is not supported for burstable instances, got {kind}; choose another type")

    def evaluate(self, *, target: Document, policies: Sequence[Document]) -> None:
        """Do what a target's policies ask for: out if any asks for it, in only if all do."""
        resource = Resource.read(target)
        if not policies or not self._can_be_changed(resource):
            return
        asked_for = [self._decide(policy, target=target) for policy in policies]
        decisions = [decision for decision in asked_for if decision is not None]
        out = [decision for decision in decisions if decision.direction == "out"]
        if not out and len(decisions) < len(policies):
            return
        decision = max(out or decisions, key=lambda decision: decision.count)
        count = min(max(decision.count, target["MinCapacity"]), target["MaxCapacity"])
        current = self._fleet_of(resource).desired
        if (count > current) if decision.direction == "out" else (count < current):
            self._set(resource, decision=replace(decision, count=count))

    def clamp(self, target: Document) -> None:
        """Bring a count that is out of its bounds inside."""
        resource, low, high = Resource.read(target), target["MinCapacity"], target["MaxCapacity"]
        current = self._fleet_of(resource).desired
        if current < low:
            decision = Decision(count=low, direction="out", cause=f"minimum capacity was set to {low}")
            self._set(resource, decision=decision)
        elif current > high:
            decision = Decision(count=high, direction="in", cause=f"maximum capacity was set to {high}")
            self._set(resource, decision=decision)

    def change_bounds(self, target: Document, *, action: Document) -> None:
        """Have a scheduled action change a target's bounds, as an activity of its own, and bring the count inside."""
        if target["SuspendedState"]["ScheduledScalingSuspended"]:
            return
        changed = action["ScalableTargetAction"]
        text = " and ".join(f"{BOUNDS[member]} capacity to {changed[member]}" for member in BOUNDS if member in changed)
        activity = self._begin(
            Resource.read(target),
            description=f"Setting {text}.",
            cause=f"scheduled action name {action['ScheduledActionName']} was triggered",
        )
        bounds = {member: target[member] for member in BOUNDS} | changed
        if bounds["MinCapacity"] > bounds["MaxCapacity"]:
            reason = "Maximum capacity cannot be less than minimum capacity"
            self._end(activity, code="Failed", message=f"Failed to set {text}. {reason}")
            return
        target |= bounds
        self._end(activity, code="Successful", message=f"Successfully set {text}")
        if self._can_be_changed(Resource.read(target)):
            self.clamp(target)

    def activities(self) -> list[Document]:
        """Return what was scaled, the latest first; an activity ends when its variant has the instances."""
        with self._lock:
            running = [activity for activity in self._activities if activity["StatusCode"] == "InProgress"]
        for activity in running:
            resource = Resource.read(activity)
            if self._endpoints.find_served(resource.endpoint) is None or self._can_be_changed(resource):
                waiting, fulfilled = "Waiting for change to be fulfilled", "Change successfully fulfilled"
                message = activity["StatusMessage"].replace(waiting, fulfilled)
                self._end(activity, code="Successful", message=message)
        with self._lock:
            return self._activities[::-1]

    def _decide(self, policy: Document, *, target: Document) -> Decision | None:
        """Return what a policy asks for, or None where its alarms are calm, it may not act, or nothing was measured."""
        tracking, resource = Tracking.of(policy), Resource.read(target)
        names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
        answer = self._cloudwatch.describe_alarms(AlarmNames=names, StateValue="ALARM")
        firing = [alarm["AlarmName"] for alarm in answer["MetricAlarms"]]
        for direction in DIRECTIONS:
            alarms = [name for name in firing if ALARM_OF[direction] in name]
            if alarms and self._may(tracking, target=target, direction=direction):
                value = self._latest(tracking)
                if value is None:
                    return None
                count = tracking.desired(current=self._fleet_of(resource).desired, value=value)
                cause = f"monitor alarm {alarms[0]} in state ALARM triggered policy {policy['PolicyName']}"
                return Decision(count=count, direction=direction, cause=cause)
        return None

    def _may(self, tracking: Tracking, *, target: Document, direction: Direction) -> bool:
        if target["SuspendedState"][SUSPENSION[direction]] or (direction == "in" and not tracking.scale_in):
            return False
        seconds = tracking.out_cooldown_seconds if direction == "out" else tracking.in_cooldown_seconds
        cooldowns = self._cooldowns.get(Resource.read(target).id, Cooldowns())
        return cooldowns.allow(direction=direction, seconds=seconds, now=self._platform.clock.now())

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

    def _set(self, resource: Resource, *, decision: Decision) -> None:
        """Set a count, as an activity that goes on until the variant has it, and begin a cooldown."""
        count = decision.count
        activity = self._begin(
            resource, description=f"Setting desired instance count to {count}.", cause=decision.cause
        )
        activity["StatusMessage"] = (
            f"Successfully set desired instance count to {count}. Waiting for change to be fulfilled by sagemaker."
        )
        change = {"VariantName": resource.variant, "DesiredInstanceCount": count}
        request = {"EndpointName": resource.endpoint, "DesiredWeightsAndCapacities": [change]}
        try:
            self._endpoints.update_endpoint_weights_and_capacities(request)
        except ServiceError as error:
            message = f"Failed to set desired instance count to {count}. {error.message}"
            self._end(activity, code="Failed", message=message)
            return
        cooldowns = self._cooldowns.setdefault(resource.id, Cooldowns())
        cooldowns.note(direction=decision.direction, now=self._platform.clock.now())

    def _begin(self, resource: Resource, *, description: str, cause: str) -> Document:
        activity = resource.members() | {
            "ActivityId": str(uuid.uuid4()),
            "Description": description,
            "Cause": cause,
            "StartTime": self._platform.clock.now(),
            "StatusCode": "InProgress",
        }
        with self._lock:
            self._activities.append(activity)
        return activity

    def _end(self, activity: Document, *, code: str, message: str) -> None:
        with self._lock:
            activity |= {"StatusCode": code, "StatusMessage": message, "EndTime": self._platform.clock.now()}

    def _fleet_of(self, resource: Resource) -> Fleet:
        endpoint = self._endpoints.find_served(resource.endpoint)
        if endpoint is None or endpoint.serving is None or resource.variant not in endpoint.serving.fleets:
            raise invalid(f"SageMaker endpoint variant doesn't exist: {resource.id}")
        return endpoint.serving.fleet(resource.variant)

    def _can_be_changed(self, resource: Resource) -> bool:
        endpoint = self._endpoints.find_served(resource.endpoint)
        if endpoint is None or endpoint.serving is None:
            return False
        return resource.variant in endpoint.serving.fleets and endpoint.status == "InService"

    @property
    def _cloudwatch(self) -> Any:
        return self._platform.own_client("cloudwatch")
