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
from modelyard.rehearsal.scaling.steps import Steps
from modelyard.rehearsal.scaling.tracking import (
    ALARM_OF,
    DIRECTIONS,
    Cooldowns,
    Direction,
    Resource,
    TrackedMetric,
    Tracking,
)

TRACKING, STEPS = "TargetTrackingScaling", "StepScaling"

BOUNDS = {"MinCapacity": "min", "MaxCapacity": "max"}
SUSPENSION: dict[Direction, str] = {"out": "DynamicScalingOutSuspended", "in": "DynamicScalingInSuspended"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What one policy asks for; `base` is the count that it was reckoned from."""

    count: int
    base: int
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
        """Do what a target's policies ask for, and of several counts the largest.

        Out if any policy asks for it. Else in, if steps ask for it or all policies that track a target and may scale
        in agree. Source: PutScalingPolicy in the API reference, and "Target tracking scaling policies".
        """
        resource = Resource.read(target)
        if not policies or not self._can_be_changed(resource):
            return
        tracked = [policy for policy in policies if policy["PolicyType"] == TRACKING]
        stepped = [policy for policy in policies if policy["PolicyType"] == STEPS]
        by_targets = [self._decide(policy, target=target) for policy in tracked]
        by_steps = self._steps(stepped, target=target)
        decisions = [decision for decision in (*by_targets, *by_steps) if decision is not None]
        chosen = [decision for decision in decisions if decision.direction == "out"]
        if not chosen:
            may_scale_in = sum(Tracking.of(policy).scale_in for policy in tracked)
            agreed = [decision for decision in by_targets if decision is not None]
            chosen = [*by_steps, *(agreed if len(agreed) == may_scale_in else ())]
        if not chosen:
            return
        decision = max(chosen, key=lambda decision: decision.count)
        count = min(max(decision.count, target["MinCapacity"]), target["MaxCapacity"])
        current = self._fleet_of(resource).desired
        if (count > current) if decision.direction == "out" else (count < current):
            self._set(resource, decision=replace(decision, count=count))

    def clamp(self, target: Document) -> None:
        """Bring a count that is out of its bounds inside."""
        resource, low, high = Resource.read(target), target["MinCapacity"], target["MaxCapacity"]
        current = self._fleet_of(resource).desired
        if current < low:
            decision = Decision(count=low, base=current, direction="out", cause=f"minimum capacity was set to {low}")
            self._set(resource, decision=decision)
        elif current > high:
            decision = Decision(count=high, base=current, direction="in", cause=f"maximum capacity was set to {high}")
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
                value = self._latest(tracking.metric)
                if value is None:
                    return None
                current = self._fleet_of(resource).desired
                count = tracking.desired(current=current, value=value)
                cause = f"monitor alarm {alarms[0]} in state ALARM triggered policy {policy['PolicyName']}"
                return Decision(count=count, base=current, direction=direction, cause=cause)
        return None

    def _may(self, tracking: Tracking, *, target: Document, direction: Direction) -> bool:
        if direction == "in" and not tracking.scale_in:
            return False
        seconds = tracking.out_cooldown_seconds if direction == "out" else tracking.in_cooldown_seconds
        return not self._is_suspended(target, direction=direction) and self._has_waited(
            target, direction=direction, seconds=seconds
        )

    def _steps(self, policies: Sequence[Document], *, target: Document) -> list[Decision]:
        """Return what steps ask for: an alarm calls its policies each minute for as long as it fires.

        An alarm of metric math or of a percentile calls none here.
        """
        if not policies:
            return []
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(StateValue="ALARM")
        firing = [alarm for page in pages for alarm in page["MetricAlarms"] if "Statistic" in alarm]
        found = [
            self._step(policy, alarm=alarm, target=target)
            for policy in policies
            for alarm in firing
            if policy["PolicyARN"] in alarm.get("AlarmActions", ())
        ]
        return [decision for decision in found if decision is not None]

    def _step(self, policy: Document, *, alarm: Document, target: Document) -> Decision | None:
        steps, metric = Steps.of(policy), TrackedMetric.of_alarm(alarm)
        value = self._latest(metric, seconds=alarm["Period"])
        if value is None:
            return None
        current = self._fleet_of(Resource.read(target)).desired
        above = alarm["ComparisonOperator"].startswith("Greater")
        # While the cooldown of a scale-out lasts, what it has added counts: a larger step adds the difference.
        rests = above and not self._has_waited(target, direction="out", seconds=steps.cooldown_seconds)
        base = self._cooldowns_of(target).base if rests else current
        count = steps.desired(current=base, difference=value - alarm["Threshold"], above=above)
        if count is None or count == current or (rests and count < current):
            return None
        direction: Direction = "out" if count > current else "in"
        may_scale_in = self._has_waited(target, direction="in", seconds=steps.cooldown_seconds)
        if self._is_suspended(target, direction=direction) or (direction == "in" and not may_scale_in):
            return None
        cause = f"monitor alarm {alarm['AlarmName']} in state ALARM triggered policy {policy['PolicyName']}"
        return Decision(count=count, base=base, direction=direction, cause=cause)

    def _is_suspended(self, target: Document, *, direction: Direction) -> bool:
        return bool(target["SuspendedState"][SUSPENSION[direction]])

    def _has_waited(self, target: Document, *, direction: Direction, seconds: float) -> bool:
        return self._cooldowns_of(target).allow(direction=direction, seconds=seconds, now=self._platform.clock.now())

    def _cooldowns_of(self, target: Document) -> Cooldowns:
        return self._cooldowns.setdefault(Resource.read(target).id, Cooldowns())

    def _latest(self, metric: TrackedMetric, *, seconds: int = 60) -> float | None:
        """Return the metric's value of the last period that has one, of the last three."""
        now = self._platform.clock.now().replace(second=0, microsecond=0)
        answer = self._cloudwatch.get_metric_statistics(
            **metric.members(),
            StartTime=now - 3 * timedelta(seconds=seconds),
            EndTime=now,
            Period=seconds,
            Statistics=[metric.statistic],
        )
        points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
        return float(points[-1][metric.statistic]) if points else None

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
        cooldowns = self._cooldowns_of(resource.members())
        cooldowns.note(direction=decision.direction, now=self._platform.clock.now(), base=decision.base)

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
