"""The operations of Application Auto Scaling, for the variants of endpoints.

Moto's backend of this service keeps targets and policies and nothing else: no alarms for SageMaker, no activities, no
end of a target's policies with the target, no look at the endpoint. What is left is a dictionary, and the store is one.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.hosting.endpoints import Endpoints
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.scaling.policy_evaluator import PolicyEvaluator
from modelyard.rehearsal.scaling.targets import NAMESPACE, Resource, check_bounds
from modelyard.rehearsal.scaling.tracking import ALARM_OF, DIRECTIONS, Direction, Tracking

MINUTE = 60.0
UNSUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


class ApplicationAutoScaling:
    """Scalable targets and target-tracking policies, which act at each full minute of the clock."""

    def __init__(self, *, platform: Platform, endpoints: Endpoints) -> None:
        self._platform = platform
        self._targets = platform.store.table("ScalableTarget")
        self._policies = platform.store.table("ScalingPolicy")
        self._follower = PolicyEvaluator(platform=platform, endpoints=endpoints)
        endpoints.before_deletion.append(self._forget_endpoint)
        self._minutely = platform.clock.every(seconds=MINUTE, run=self._evaluate)

    @operation
    def register_scalable_target(self, request: Document) -> Document:
        """Make a variant scalable or change its bounds; a count outside of them is brought inside.

        Raises:
            ServiceError: ValidationException, there is no such variant, or bounds are missing or the wrong way round.

        """
        resource = Resource.read(request)
        self._follower.check_can_scale(resource)
        known = self._targets.find(resource.id)
        target = self._registered(request, resource=resource, known=known)
        check_bounds(low=target["MinCapacity"], high=target["MaxCapacity"])
        with self._platform.store.lock:
            if known is None:
                self._targets.add(resource.id, target)
            else:
                known |= target
        self._follower.clamp(self._targets.get(resource.id))
        return {"ScalableTargetARN": target["ScalableTargetARN"]}

    @operation
    def describe_scalable_targets(self, request: Document) -> Document:
        """Return the targets that are asked for."""
        wanted = request.get("ResourceIds")
        found = [target for target in _of(request, self._targets.documents()) if _among(target["ResourceId"], wanted)]
        return {"ScalableTargets": found}

    @operation
    def deregister_scalable_target(self, request: Document) -> Document:
        """Make a variant scalable no more; its policies and their alarms go with it.

        Raises:
            ServiceError: ObjectNotFoundException, it is not scalable.

        """
        resource = Resource.read(request)
        self._require_target(resource)
        self._forget(resource)
        return {}

    @operation
    def put_scaling_policy(self, request: Document) -> Document:
        """Make or change a target-tracking policy, with an alarm to scale out and one to scale in.

        Raises:
            ServiceError: ObjectNotFoundException, the variant is not scalable; ValidationException, the policy is of
            another kind or its metric is not rehearsed.

        """
        resource = Resource.read(request)
        self._require_target(resource)
        key = _key(resource, request["PolicyName"])
        known = self._policies.find(key)
        policy = self._made(request, resource=resource, known=known)
        if known is not None:
            self._drop(known)
        policy["Alarms"] = self._make_alarms(policy, resource=resource)
        self._policies.add(key, policy)
        return {"PolicyARN": policy["PolicyARN"], "Alarms": policy["Alarms"]}

    @operation
    def describe_scaling_policies(self, request: Document) -> Document:
        """Return the policies that are asked for."""
        wanted = request.get("PolicyNames")
        found = [policy for policy in _of(request, self._policies.documents()) if _among(policy["PolicyName"], wanted)]
        return {"ScalingPolicies": found}

    @operation
    def delete_scaling_policy(self, request: Document) -> Document:
        """Remove a policy and its alarms.

        Raises:
            ServiceError: ObjectNotFoundException, there is none of that name.

        """
        resource = Resource.read(request)
        policy = self._policies.find(_key(resource, request["PolicyName"]))
        if policy is None:
            raise resource.missing("scaling policy")
        self._drop(policy)
        return {}

    @operation
    def describe_scaling_activities(self, request: Document) -> Document:
        """Return what was scaled, the latest first."""
        return {"ScalingActivities": _of(request, self._follower.activities())}

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
        self._targets.remove(resource.id)

    def _evaluate(self) -> None:
        for target in self._targets.documents():
            self._follower.follow(target=target, policies=self._policies_of(Resource.read(target)))

    def _registered(self, request: Document, *, resource: Resource, known: Document | None) -> Document:
        before: Document = {} if known is None else known
        for member in ("MinCapacity", "MaxCapacity"):
            if member not in request and member not in before:
                raise invalid(f"{member} must be given to register a new scalable target, got none")
        return self._new_target(resource) | before | _given(request, resource=resource, before=before)

    def _new_target(self, resource: Resource) -> Document:
        return resource.members() | {
            "RoleARN": f"arn:aws:iam::{self._platform.account}:role/aws-service-role/sagemaker.application-autoscaling."
            "amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
            "CreationTime": self._platform.clock.now(),
            "SuspendedState": dict(UNSUSPENDED),
            "ScalableTargetARN": self._arn(f"scalable-target/{uuid.uuid4().hex}"),
        }

    def _made(self, request: Document, *, resource: Resource, known: Document | None) -> Document:
        if request.get("PolicyType", "TargetTrackingScaling") != "TargetTrackingScaling":
            raise invalid(f"PolicyType must be TargetTrackingScaling in a rehearsal, got {request['PolicyType']}")
        config = request.get("TargetTrackingScalingPolicyConfiguration")
        if config is None:
            raise invalid("TargetTrackingScalingPolicyConfiguration must be given, got none")
        name = request["PolicyName"]
        policy = resource.members() | {
            "PolicyName": name,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": config,
            "CreationTime": self._platform.clock.now() if known is None else known["CreationTime"],
            "PolicyARN": self._policy_arn(resource, name=name) if known is None else known["PolicyARN"],
        }
        Tracking.of(policy)
        return policy

    def _make_alarms(self, policy: Document, *, resource: Resource) -> list[Document]:
        tracking = Tracking.of(policy)
        directions = DIRECTIONS if tracking.scale_in else DIRECTIONS[:1]
        return [self._make_alarm(policy, tracking=tracking, resource=resource, direction=way) for way in directions]

    def _make_alarm(
        self, policy: Document, *, tracking: Tracking, resource: Resource, direction: Direction
    ) -> Document:
        name = f"TargetTracking-{resource.id}-{ALARM_OF[direction]}-{uuid.uuid4()}"
        arn = policy["PolicyARN"]
        self._cloudwatch.put_metric_alarm(
            **tracking.alarm(direction=direction),
            AlarmName=name,
            AlarmActions=[arn],
            AlarmDescription=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {arn}.",
        )
        region, account = self._platform.region, self._platform.account
        return {"AlarmName": name, "AlarmARN": f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"}

    def _drop(self, policy: Document) -> None:
        names = [alarm["AlarmName"] for alarm in policy["Alarms"]]
        if names:
            self._cloudwatch.delete_alarms(AlarmNames=names)
        self._policies.remove(_key(Resource.read(policy), policy["PolicyName"]))

    def _policies_of(self, resource: Resource) -> list[Document]:
        return [policy for policy in self._policies.documents() if policy["ResourceId"] == resource.id]

    def _require_target(self, resource: Resource) -> None:
        if self._targets.find(resource.id) is None:
            raise resource.missing("scalable target")

    def _policy_arn(self, resource: Resource, *, name: str) -> str:
        account, region = self._platform.account, self._platform.region
        place = f"resource/{NAMESPACE}/{resource.id}:policyName/{name}"
        return f"arn:aws:autoscaling:{region}:{account}:scalingPolicy:{uuid.uuid4()}:{place}"

    def _arn(self, name: str) -> str:
        return f"arn:aws:application-autoscaling:{self._platform.region}:{self._platform.account}:{name}"

    @property
    def _cloudwatch(self) -> Any:
        return self._platform.own_client("cloudwatch")


def _given(request: Document, *, resource: Resource, before: Document) -> Document:
    given = {member: request[member] for member in ("MinCapacity", "MaxCapacity") if member in request}
    suspended = dict(UNSUSPENDED) | before.get("SuspendedState", {}) | request.get("SuspendedState", {})
    return given | resource.members() | {"SuspendedState": suspended}


def _of(request: Document, documents: Iterable[Document]) -> list[Document]:
    members = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    wanted = {member: request[member] for member in members if member in request}
    return [document for document in documents if wanted.items() <= document.items()]


def _among(name: str, wanted: list[str] | None) -> bool:
    return not wanted or name in wanted


def _key(resource: Resource, policy: str) -> str:
    return f"{resource.id}|{policy}"
