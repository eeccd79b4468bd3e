"""The types of CloudFormation that MiniStack's engine does not know: SageMaker's and Application Auto Scaling's.

Each is one Create, Update and Delete of the service's API. Which change replaces a resource comes from AWS's
own schemas (their createOnlyProperties, as cfn-lint carries them), never from a list of ours.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelyard.rehearsal.cloud.ministack import cloudformation
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.store import Document

Call = Callable[[str, Document], Document]
LONGEST_NAME = 63
POLL_SECONDS = 0.05
TARGET_KEY = ("ServiceNamespace", "ResourceId", "ScalableDimension")


@dataclass(frozen=True, kw_only=True, slots=True)
class SageMakerType:
    """A type of SageMaker's, as its template names it and its API takes it.

    `named_by` is the member that names a resource, `arn` the attribute that is its ARN, `answered` the member of the
    Create answer that has it, and `ref` whether Ref gives the ARN or the name. The properties `not_sent` are none of
    Create's members; those of `updated_with` are sent by an update. With `by_arn` later calls name it by its ARN. Where
    it has a `status`, it must reach one of `ready` before the stack goes on, and none of `failed`.
    """

    name: str
    named_by: str
    arn: str
    answered: str
    ref: str = "arn"
    not_sent: frozenset[str] = frozenset()
    updated_with: tuple[str, ...] = ()
    by_arn: bool = False
    status: str = ""
    ready: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


SAGEMAKER = (
    SageMakerType(name="Model", named_by="ModelName", arn="ModelArn", answered="ModelArn"),
    SageMakerType(
        name="EndpointConfig",
        named_by="EndpointConfigName",
        arn="EndpointConfigArn",
        answered="EndpointConfigArn",
    ),
    SageMakerType(
        name="Endpoint",
        named_by="EndpointName",
        arn="EndpointArn",
        answered="EndpointArn",
        not_sent=frozenset({"RetainAllVariantProperties", "ExcludeRetainedVariantProperties"}),
        updated_with=(
            "EndpointConfigName",
            "RetainAllVariantProperties",
            "ExcludeRetainedVariantProperties",
            "DeploymentConfig",
        ),
        status="EndpointStatus",
        ready=frozenset({"InService"}),
        failed=frozenset({"Failed", "UpdateRollbackFailed"}),
    ),
    SageMakerType(
        name="ModelPackageGroup",
        named_by="ModelPackageGroupName",
        arn="ModelPackageGroupArn",
        answered="ModelPackageGroupArn",
        not_sent=frozenset({"ModelPackageGroupPolicy"}),
    ),
    SageMakerType(
        name="Experiment",
        named_by="ExperimentName",
        arn="Arn",
        answered="ExperimentArn",
        ref="name",
        updated_with=("DisplayName", "Description"),
    ),
    SageMakerType(
        name="DataQualityJobDefinition",
        named_by="JobDefinitionName",
        arn="JobDefinitionArn",
        answered="JobDefinitionArn",
        not_sent=frozenset({"EndpointName"}),
    ),
    SageMakerType(
        name="ModelQualityJobDefinition",
        named_by="JobDefinitionName",
        arn="JobDefinitionArn",
        answered="JobDefinitionArn",
        not_sent=frozenset({"EndpointName"}),
    ),
    SageMakerType(
        name="MonitoringSchedule",
        named_by="MonitoringScheduleName",
        arn="MonitoringScheduleArn",
        answered="MonitoringScheduleArn",
        not_sent=frozenset(
            {"EndpointName", "FailureReason", "LastMonitoringExecutionSummary", "MonitoringScheduleStatus"}
        ),
        updated_with=("MonitoringScheduleConfig",),
    ),
    SageMakerType(
        name="MlflowApp",
        named_by="Name",
        arn="Arn",
        answered="Arn",
        updated_with=("ArtifactStoreUri", "ModelRegistrationMode", "WeeklyMaintenanceWindowStart"),
        by_arn=True,
        status="Status",
        ready=frozenset({"Created", "Updated"}),
        failed=frozenset({"CreateFailed", "UpdateFailed", "DeleteFailed"}),
    ),
)


def install(*, sagemaker: Call, scaling: Call) -> None:
    """Make the types known to MiniStack's engine."""
    types: dict[str, Resources | ScalableTargets | ScalingPolicies] = {
        f"AWS::SageMaker::{kind.name}": Resources(kind, call=sagemaker) for kind in SAGEMAKER
    }
    types["AWS::ApplicationAutoScaling::ScalableTarget"] = ScalableTargets(call=scaling)
    types["AWS::ApplicationAutoScaling::ScalingPolicy"] = ScalingPolicies(call=scaling)
    for type_, handlers in types.items():
        functions = {"create": handlers.create, "update": handlers.update, "delete": handlers.delete}
        tagged = isinstance(handlers, Resources)
        cloudformation.register(type_, handlers=functions | {"update_with_logical_id": True}, tagged=tagged)


class Resources:
    """The resources of one of SageMaker's types."""

    def __init__(self, kind: SageMakerType, *, call: Call) -> None:
        self._kind = kind
        self._call = call

    def create(self, logical_id: str, properties: Document, stack: str) -> tuple[str, Document]:
        """Create a resource, and wait until it has settled.

        The engine records a resource once it is created: one that fails later is deleted here, as CloudFormation's
        rollback deletes it.
        """
        kind = self._kind
        name = properties.get(kind.named_by) or cloudformation.physical_name(
            stack=stack, logical_id=logical_id, longest=LONGEST_NAME
        )
        request = {key: properties[key] for key in properties if key not in kind.not_sent} | {kind.named_by: name}
        answer = carry_out(self._call, f"Create{kind.name}", request)
        made = answer[kind.answered] if kind.by_arn else name
        try:
            self._settle(made)
        except ValueError:
            self.delete(made, properties)
            raise
        return self._identity(name=name, arn=answer[kind.answered])

    def update(
        self, physical_id: str, old: Document, new: Document, _stack: str, _logical_id: str
    ) -> tuple[str, Document]:
        """Update a resource, as far as the API knows such an update, and wait until it has settled."""
        kind, named = self._kind, self._named(physical_id)
        request = {key: new[key] for key in kind.updated_with if key in new}
        if request:
            carry_out(self._call, f"Update{kind.name}", request | named)
        self._settle(physical_id, config=new.get("EndpointConfigName"))
        # Its name by its description: an ARN has it in lower case, which to whatever refers to it would be another.
        described = carry_out(self._call, f"Describe{kind.name}", named)
        self._retag(described[kind.answered], old=old, new=new)
        return self._identity(name=described[kind.named_by], arn=described[kind.answered])

    def delete(self, physical_id: str, _properties: Document) -> None:
        """Delete a resource, and wait until it is gone."""
        kind, named = self._kind, self._named(physical_id)
        try:
            self._call(f"Delete{kind.name}", named)
        except ServiceError as error:
            if not is_gone(error):
                raise ValueError(f"{error.message} (Service: SageMaker, {error.code})") from error
        while kind.status:
            try:
                self._call(f"Describe{kind.name}", named)
            except ServiceError:
                return
            time.sleep(POLL_SECONDS)

    def _named(self, identity: str) -> Document:
        """Return how a call names a resource, of which its ARN is given, or its name where that is enough."""
        kind = self._kind
        return {"Arn": identity} if kind.by_arn else {kind.named_by: last_part(identity)}

    def _retag(self, arn: str, *, old: Document, new: Document) -> None:
        """Have a resource carry the tags that its template has now; tags that others have given it stay."""
        before, after = tags_of(old), tags_of(new)
        gone = sorted(before.keys() - after.keys())
        if gone:
            carry_out(self._call, "DeleteTags", {"ResourceArn": arn, "TagKeys": gone})
        given = [{"Key": key, "Value": value} for key, value in after.items() if before.get(key) != value]
        if given:
            carry_out(self._call, "AddTags", {"ResourceArn": arn, "Tags": given})

    def _settle(self, identity: str, *, config: str | None = None) -> None:
        """Wait until a resource is ready, an endpoint with the configuration that is named."""
        kind = self._kind
        while kind.status:
            description = carry_out(self._call, f"Describe{kind.name}", self._named(identity))
            status, current = description[kind.status], description.get("EndpointConfigName", "")
            if status in kind.ready and config in (None, current, last_part(current)):
                return
            if status in kind.failed | kind.ready:
                raise ValueError(f"Resource handler returned message: {description.get('FailureReason', status)}")
            time.sleep(POLL_SECONDS)

    def _identity(self, *, name: str, arn: str) -> tuple[str, Document]:
        return (arn if self._kind.ref == "arn" else name), {self._kind.arn: arn, self._kind.named_by: name}


class ScalableTargets:
    """The scalable targets of templates, whose tags are a list there and a map in the API.

    A template names a target's scheduled actions with it; the API has an operation for each.
    """

    def __init__(self, *, call: Call) -> None:
        self._call = call

    def create(self, _logical_id: str, properties: Document, _stack: str) -> tuple[str, Document]:
        """Register a target."""
        request = without(properties, "ScheduledActions", "Tags")
        if properties.get("Tags"):
            request["Tags"] = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
        carry_out(self._call, "RegisterScalableTarget", request)
        for action in scheduled_actions(properties).values():
            carry_out(self._call, "PutScheduledAction", {key: properties[key] for key in TARGET_KEY} | action)
        identity = "|".join(properties[key] for key in ("ResourceId", "ScalableDimension", "ServiceNamespace"))
        return identity, {"Id": identity}

    def update(
        self, _physical_id: str, old: Document, new: Document, stack: str, logical_id: str
    ) -> tuple[str, Document]:
        """Register a target again, without tags: the API takes them of a new one alone."""
        for name in scheduled_actions(old).keys() - scheduled_actions(new).keys():
            key = {key: new[key] for key in TARGET_KEY} | {"ScheduledActionName": name}
            remove(self._call, "DeleteScheduledAction", key)
        return self.create(logical_id, without(new, "Tags"), stack)

    def delete(self, _physical_id: str, properties: Document) -> None:
        """Deregister a target."""
        remove(self._call, "DeregisterScalableTarget", {key: properties[key] for key in TARGET_KEY})


def scheduled_actions(properties: Document) -> dict[str, Document]:
    """Return the scheduled actions of a target by their names, as the API takes them: with moments as numbers."""
    moments = ("StartTime", "EndTime")
    return {
        action["ScheduledActionName"]: action
        | {key: datetime.fromisoformat(action[key]).timestamp() for key in moments if key in action}
        for action in properties.get("ScheduledActions", ())
    }


class ScalingPolicies:
    """The scaling policies of templates, which may name their target by its physical id."""

    def __init__(self, *, call: Call) -> None:
        self._call = call

    def create(self, _logical_id: str, properties: Document, _stack: str) -> tuple[str, Document]:
        """Put a policy."""
        arn = carry_out(self._call, "PutScalingPolicy", self._request(properties))["PolicyARN"]
        return arn, {"Arn": arn}

    def update(
        self, _physical_id: str, _old: Document, new: Document, stack: str, logical_id: str
    ) -> tuple[str, Document]:
        """Put a policy of the same name."""
        return self.create(logical_id, new, stack)

    def delete(self, _physical_id: str, properties: Document) -> None:
        """Delete a policy."""
        request = self._request(properties)
        remove(self._call, "DeleteScalingPolicy", {key: request[key] for key in (*TARGET_KEY, "PolicyName")})

    def _request(self, properties: Document) -> Document:
        request = without(properties, "ScalingTargetId")
        if "ScalingTargetId" in properties:
            resource, dimension, namespace = properties["ScalingTargetId"].split("|")
            request |= {"ResourceId": resource, "ScalableDimension": dimension, "ServiceNamespace": namespace}
        return request


def carry_out(call: Call, operation: str, request: Document) -> Document:
    """Return the answer of an API.

    Raises:
        ValueError: it refuses, in the words in which a stack's events say so.

    """
    try:
        return call(operation, with_booleans(request))
    except ServiceError as error:
        raise ValueError(f"Resource handler returned message: {error.message} ({error.code})") from error


def remove(call: Call, operation: str, request: Document) -> None:
    """Remove a resource by an API; raises as `carry_out` does, but not where there is no such resource."""
    try:
        carry_out(call, operation, request)
    except ValueError as error:
        if not (isinstance(error.__cause__, ServiceError) and is_gone(error.__cause__)):
            raise


def is_gone(error: ServiceError) -> bool:
    """Whether an error says that there is no such resource."""
    absent = error.message.startswith("Could not find") or error.message.endswith(" does not exist.")
    return absent or error.code in ("ResourceNotFound", "ObjectNotFoundException")


def tags_of(properties: Document) -> dict[str, str]:
    """Return the tags of a resource by their keys."""
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", ())}


def with_booleans(value: Any) -> Any:
    """Return properties as the API takes them: templates may have `"true"`; numbers are kept."""
    if isinstance(value, dict):
        return {key: with_booleans(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_booleans(item) for item in value]
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def without(properties: Document, *names: str) -> Document:
    """Return properties without some of them."""
    return {key: properties[key] for key in properties if key not in names}


def last_part(text: str) -> str:
    """Return what stands after the last slash: the name in an ARN, or a name that is given as it is."""
    return text.rpartition("/")[2]
