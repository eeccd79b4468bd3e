"""The operations of Application Auto Scaling, for the variants of endpoints."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.hosting.endpoints import Endpoints
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.scaling.policy_evaluator import STEPS, TRACKING, PolicyEvaluator
from modelyard.rehearsal.scaling.scheduled_actions import ScheduledActions, full_minute
from modelyard.rehearsal.scaling.steps import Steps
from modelyard.rehearsal.scaling.tracking import ALARM_OF, DIRECTIONS, NAMESPACE, Resource, Tracking, selected

MINUTE = 60.0
CONFIGURATIONS: Mapping[str, str] = {
    TRACKING: "TargetTrackingScalingPolicyConfiguration",
    STEPS: "StepScalingPolicyConfiguration",
}
HALF_A_MINUTE = timedelta(seconds=30)
UNSUSPENDED: Mapping[str, bool] = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


class ApplicationAutoScaling:
    """Scalable targets and their policies, which act at each full minute of the clock."""

    def __init__(self, *, platform: Platform, endpoints: Endpoints, scheduled: ScheduledActions) -> None:
        self._platform = platform
        self._scheduled = scheduled
        self._targets = platform.store.table("ScalableTarget")
        self._policies = platform.store.table("ScalingPolicy")
        self._evaluator = PolicyEvaluator(platform=platform, endpoints=endpoints)
        endpoints.before_deletion.append(self._forget_endpoint)
        self._minutely = platform.clock.every(seconds=MINUTE, run=self._evaluate)

    @operation
    def register_scalable_target(self, request: Document) -> Document:
        """Make a variant scalable or change its bounds; a count outside of them is brought inside.

        Raises:
            ServiceError: ValidationException, there is no such variant, or bounds are missing or the wrong way round.

        """
        resource = Resource.read(request)
        self._evaluator.check_can_scale(resource)
        known = self._targets.find(resource.id)
        before: Document = {} if known is None else known
        for member in ("MinCapacity", "MaxCapacity"):
            if member not in request and member not in before:
                raise invalid(f"{member} must be given to register a new scalable target, got none")
        target = self._new_target(resource) | before
        target |= {member: request[member] for member in ("MinCapacity", "MaxCapacity") if member in request}
        target["SuspendedState"] = target["SuspendedState"] | request.get("SuspendedState", {})
        low, high = target["MinCapacity"], target["MaxCapacity"]
        if low > high:
            raise invalid(f"Maximum capacity cannot be less than minimum capacity, got {high} and {low}")
        with self._platform.store.lock:
            if known is None:
                self._targets.add(resource.id, target)
            else:
                known |= target
        self._evaluator.clamp(self._targets.get(resource.id))
        return {"ScalableTargetARN": target["ScalableTargetARN"]}

    @operation
    def describe_scalable_targets(self, request: Document) -> Document:
        """Return the targets that are asked for."""
        return {"ScalableTargets": selected(request, self._targets.documents(), names="ResourceIds", key="ResourceId")}

    @operation
    def deregister_scalable_target(self, request: Document) -> Document:
        """Make a variant scalable no more; its policies, their alarms and its scheduled actions go with it.

        Raises:
            ServiceError: ObjectNotFoundException, it is not scalable.

        """
        resource = Resource.read(request)
        self._require_target(resource)
        self._forget(resource)
        return {}

    @operation
    def put_scaling_policy(self, request: Document) -> Document:
        """Make or change a policy; one that tracks a target has an alarm to scale out and one to scale in.

        Raises:
            ServiceError: ObjectNotFoundException, the variant is not scalable; ValidationException, the policy is of
            another kind, its metric is not rehearsed or its steps do not fit together.

        """
        resource = Resource.read(request)
        self._require_target(resource)
        key = policy_key(resource, request["PolicyName"])
        known = self._policies.find(key)
        kind = request.get("PolicyType", TRACKING)
        if kind not in CONFIGURATIONS:
            raise invalid(f"PolicyType must be {' or '.join(CONFIGURATIONS)} in a rehearsal, got {kind}")
        member = CONFIGURATIONS[kind]
        if member not in request:
            raise invalid(f"{member} must be given, got none")
        name = f"resource/{NAMESPACE}/{resource.id}:policyName/{request['PolicyName']}"
        own = (
            f"arn:aws:autoscaling:{self._platform.region}:{self._platform.account}:scalingPolicy:{uuid.uuid4()}:{name}"
        )
        policy = resource.members() | {
            "PolicyName": request["PolicyName"],
            "PolicyType": kind,
            member: request[member],
            "CreationTime": self._platform.clock.now() if known is None else known["CreationTime"],
            "PolicyARN": own if known is None else known["PolicyARN"],
        }
        tracking = Tracking.of(policy) if kind == TRACKING else None
        if tracking is None:
            Steps.of(policy)
        if known is not None:
            self._drop(known)
        # The alarms that call steps are the account's own.
        arn = policy["PolicyARN"]
        made = [] if tracking is None else self._make_alarms(tracking, resource=resource, policy_arn=arn)
        policy["Alarms"] = made
        self._policies.add(key, policy)
        return {"PolicyARN": policy["PolicyARN"], "Alarms": policy["Alarms"]}

    @operation
    def describe_scaling_policies(self, request: Document) -> Document:
        """Return the policies that are asked for."""
        return {"ScalingPolicies": selected(request, self._policies.documents(), names="PolicyNames", key="PolicyName")}

    @operation
    def delete_scaling_policy(self, request: Document) -> Document:
        """Remove a policy and its alarms.

        Raises:
            ServiceError: ObjectNotFoundException, there is none of that name.

        """
        resource = Resource.read(request)
        policy = self._policies.find(policy_key(resource, request["PolicyName"]))
        if policy is None:
            raise resource.missing("scaling policy")
        self._drop(policy)
        return {}

    @operation
    def describe_scaling_activities(self, request: Document) -> Document:
        """Return what was scaled, the latest first."""
        return {"ScalingActivities": selected(request, self._evaluator.activities())}

    def close(self) -> None:
        """Scale no more."""
        self._minutely.cancel()

    def _forget_endpoint(self, name: str) -> None:
        for target in self._targets.documents():
            resource = Resource.read(target)
            if resource.endpoint == name:
                self._forget(resource)

    def _forget(self, resource: Resource) -> None:
        for policy in self._policies_of(resource):
            self._drop(policy)
        self._scheduled.forget(resource)
        self._targets.remove(resource.id)

    def _evaluate(self) -> None:
        # The clock calls at a full minute, or a moment beside it.
        minute = full_minute(self._platform.clock.now() + HALF_A_MINUTE)
        for target in self._targets.documents():
            resource = Resource.read(target)
            for action in self._scheduled.due(resource, minute=minute):
                self._evaluator.change_bounds(target, action=action)
            self._evaluator.evaluate(target=target, policies=self._policies_of(resource))

    def _new_target(self, resource: Resource) -> Document:
        return resource.members() | {
            "RoleARN": f"arn:aws:iam::{self._platform.account}:role/aws-service-role/sagemaker.application-autoscaling."
            "amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
            "CreationTime": self._platform.clock.now(),
            "SuspendedState": UNSUSPENDED,
            "ScalableTargetARN": f"arn:aws:application-autoscaling:{self._platform.region}:{self._platform.account}:"
            f"scalable-target/{uuid.uuid4().hex}",
        }

    def _make_alarms(self, tracking: Tracking, *, resource: Resource, policy_arn: str) -> list[Document]:
        alarms = []
        region, account = self._platform.region, self._platform.account
        for direction in DIRECTIONS if tracking.scale_in else DIRECTIONS[:1]:
            name = f"TargetTracking-{resource.id}-{ALARM_OF[direction]}-{uuid.uuid4()}"
            self._cloudwatch.put_metric_alarm(
                **tracking.alarm(direction=direction),
                AlarmName=name,
                AlarmActions=[policy_arn],
                AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn}.",
            )
            alarms.append({"AlarmName": name, "AlarmARN": f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"})
        return alarms

    def _drop(self, policy: Document) -> None:
        names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
        if names:
            self._cloudwatch.delete_alarms(AlarmNames=names)
        self._policies.remove(policy_key(Resource.read(policy), policy["PolicyName"]))

    def _policies_of(self, resource: Resource) -> list[Document]:
        return [policy for policy in self._policies.documents() if policy["ResourceId"] == resource.id]

    def _require_target(self, resource: Resource) -> None:
        if self._targets.find(resource.id) is None:
            raise resource.missing("scalable target")

    @property
    def _cloudwatch(self) -> Any:
        return self._platform.own_client("cloudwatch")


def policy_key(resource: Resource, policy: str) -> str:
    """Return by what a policy is kept."""
    return f"{resource.id}|{policy}"
