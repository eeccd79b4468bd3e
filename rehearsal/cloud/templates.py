"""The types of CloudFormation that MiniStack's engine does not know: SageMaker's and Application Auto Scaling's.

Each is one Create, Update and Delete of the service's API. Which change replaces a resource comes from AWS's
own schemas (their createOnlyProperties, as cfn-lint carries them), never from a list of ours.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from ministack.services.cloudformation import provisioners, stacks

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.store import Document

Call = Callable[[str, Document], Document]
LONGEST_NAME = 63
POLL_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A type of SageMaker's: which member names it, what Ref gives, and which properties its API does not take.

    `arn` is the attribute that is the ARN, `answered` the member of the Create answer that has it; `settled` says
    whether a resource must reach a status before the stack goes on.
    """

    name: str
    named_by: str
    arn: str
    answered: str
    ref: str = "arn"
    left_out: frozenset[str] = frozenset()
    updated_with: tuple[str, ...] = ()
    settles: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The type as a template has it."""
        return f"AWS::SageMaker::{self.name}"


KINDS = (
    Kind(name="Model", named_by="ModelName", arn="ModelArn", answered="ModelArn"),
    Kind(
        name="EndpointConfig",
        named_by="EndpointConfigName",
        arn="EndpointConfigArn",
        answered="EndpointConfigArn",
    ),
    Kind(
        name="Endpoint",
        named_by="EndpointName",
        arn="EndpointArn",
        answered="EndpointArn",
        left_out=frozenset({"RetainAllVariantProperties", "ExcludeRetainedVariantProperties"}),
        updated_with=(
            "EndpointConfigName",
            "RetainAllVariantProperties",
            "ExcludeRetainedVariantProperties",
            "DeploymentConfig",
        ),
        settles=True,
    ),
    Kind(
        name="ModelPackageGroup",
        named_by="ModelPackageGroupName",
        arn="ModelPackageGroupArn",
        answered="ModelPackageGroupArn",
        left_out=frozenset({"ModelPackageGroupPolicy"}),
    ),
    Kind(
        name="Experiment",
        named_by="ExperimentName",
        arn="Arn",
        answered="ExperimentArn",
        ref="name",
        updated_with=("DisplayName", "Description"),
    ),
    Kind(
        name="DataQualityJobDefinition",
        named_by="JobDefinitionName",
        arn="JobDefinitionArn",
        answered="JobDefinitionArn",
        left_out=frozenset({"EndpointName"}),
    ),
    Kind(
        name="ModelQualityJobDefinition",
        named_by="JobDefinitionName",
        arn="JobDefinitionArn",
        answered="JobDefinitionArn",
        left_out=frozenset({"EndpointName"}),
    ),
    Kind(
        name="MonitoringSchedule",
        named_by="MonitoringScheduleName",
        arn="MonitoringScheduleArn",
        answered="MonitoringScheduleArn",
        left_out=frozenset(
            {"EndpointName", "FailureReason", "LastMonitoringExecutionSummary", "MonitoringScheduleStatus"}
        ),
        updated_with=("MonitoringScheduleConfig",),
    ),
)


class Templates:
    """The types, and the services that carry them out."""

    def __init__(self, *, sagemaker: Call, scaling: Call) -> None:
        self._sagemaker = sagemaker
        self._scaling = scaling

    def install(self) -> None:
        """Make the types known to MiniStack's engine, on threads of their own: some wait for the service."""
        on_thread = stacks._runs_on_worker_thread
        stacks._runs_on_worker_thread = lambda type_: (
            on_thread(type_) or type_.startswith(("AWS::SageMaker::", "AWS::ApplicationAutoScaling::"))
        )
        for kind in KINDS:
            register(kind.type, handlers=self._handlers(kind))
        register(TARGET, handlers=_target_handlers(self._scaling))
        register(POLICY, handlers=_policy_handlers(self._scaling))

    def _handlers(self, kind: Kind) -> Mapping[str, Any]:
        found: dict[str, Any] = {"create": self._creator(kind), "delete": self._deleter(kind)}
        return found | {"update": self._updater(kind), "update_with_logical_id": True}

    def _creator(self, kind: Kind) -> Callable[[str, Document, str], tuple[str, Document]]:
        def create(logical_id: str, properties: Document, stack: str) -> tuple[str, Document]:
            name = properties.get(kind.named_by) or provisioners._physical_name(stack, logical_id, max_len=LONGEST_NAME)
            asked = {key: properties[key] for key in properties if key not in kind.left_out}
            answer = _done(lambda: self._sagemaker(f"Create{kind.name}", _numbers({**asked, kind.named_by: name})))
            self._settle(kind, name=name)
            return _identity(kind, name=name, arn=answer[kind.answered])

        return create

    def _updater(self, kind: Kind) -> Callable[..., tuple[str, Document]]:
        def update(
            physical_id: str, _old: Document, new: Document, _stack: str, _logical_id: str
        ) -> tuple[str, Document]:
            name = _last(physical_id)
            asked = {key: new[key] for key in kind.updated_with if key in new}
            answer = {}
            if asked:
                request = _numbers({**asked, kind.named_by: name})
                answer = _done(lambda: self._sagemaker(f"Update{kind.name}", request))
            self._settle(kind, name=name, config=new.get("EndpointConfigName"))
            return _identity(kind, name=name, arn=answer.get(kind.answered, physical_id))

        return update

    def _deleter(self, kind: Kind) -> Callable[[str, Document], None]:
        def delete(physical_id: str, _properties: Document) -> None:
            try:
                self._sagemaker(f"Delete{kind.name}", {kind.named_by: _last(physical_id)})
            except ServiceError as error:
                if not _is_gone(error):
                    raise ValueError(f"{error.message} (Service: SageMaker, {error.code})") from error
            self._await_gone(kind, name=_last(physical_id))

        return delete

    def _settle(self, kind: Kind, *, name: str, config: str | None = None) -> None:
        while kind.settles:
            found = _done(lambda: self._sagemaker(f"Describe{kind.name}", {kind.named_by: name}))
            status = found[f"{kind.name}Status"]
            if status == "InService" and config in (
                None,
                _last(found["EndpointConfigName"]),
                found["EndpointConfigName"],
            ):
                return
            if status in ("Failed", "InService", "UpdateRollbackFailed"):
                raise ValueError(f"Resource handler returned message: {found.get('FailureReason', status)}")
            time.sleep(POLL_SECONDS)

    def _await_gone(self, kind: Kind, *, name: str) -> None:
        while kind.settles:
            try:
                self._sagemaker(f"Describe{kind.name}", {kind.named_by: name})
            except ServiceError:
                return
            time.sleep(POLL_SECONDS)


TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
TARGET_KEY = ("ServiceNamespace", "ResourceId", "ScalableDimension")


def register(type_: str, *, handlers: Mapping[str, Any]) -> None:
    """Make a type known to MiniStack's engine, with the properties that AWS's schema says replace a resource."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", type_).schema
    provisioners._RESOURCE_HANDLERS[type_] = dict(handlers)
    provisioners._REPLACING_PROPERTIES[type_] = tuple(
        path.rpartition("/")[2] for path in schema.get("createOnlyProperties", ())
    )


def _target_handlers(call: Call) -> Mapping[str, Any]:
    def register(_logical_id: str, properties: Document, _stack: str) -> tuple[str, Document]:
        _done(lambda: call("RegisterScalableTarget", _target(properties)))
        identity = "|".join(properties[key] for key in ("ResourceId", "ScalableDimension", "ServiceNamespace"))
        return identity, {"Id": identity}

    def update(_id: str, _old: Document, new: Document, stack: str, logical_id: str) -> tuple[str, Document]:
        return register(logical_id, _without(new, "Tags"), stack)

    def deregister(_id: str, properties: Document) -> None:
        _gone(lambda: call("DeregisterScalableTarget", {key: properties[key] for key in TARGET_KEY}))

    return {"create": register, "update": update, "update_with_logical_id": True, "delete": deregister}


def _policy_handlers(call: Call) -> Mapping[str, Any]:
    def put(_logical_id: str, properties: Document, _stack: str) -> tuple[str, Document]:
        answer = _done(lambda: call("PutScalingPolicy", _numbers(_policy(properties))))
        return answer["PolicyARN"], {"Arn": answer["PolicyARN"]}

    def update(_id: str, _old: Document, new: Document, stack: str, logical_id: str) -> tuple[str, Document]:
        return put(logical_id, new, stack)

    def delete(_id: str, properties: Document) -> None:
        policy = _policy(properties)
        _gone(lambda: call("DeleteScalingPolicy", {key: policy[key] for key in (*TARGET_KEY, "PolicyName")}))

    return {"create": put, "update": update, "update_with_logical_id": True, "delete": delete}


def _target(properties: Document) -> Document:
    """Return a target as its API takes it, where tags are a map."""
    target = _without(_without(properties, "ScheduledActions"), "Tags")
    tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", ())}
    taken: Document = _numbers(target)
    return taken | ({"Tags": tags} if tags else {})


def _policy(properties: Document) -> Document:
    policy = _without(properties, "ScalingTargetId")
    if "ScalingTargetId" in properties:
        resource, dimension, namespace = properties["ScalingTargetId"].split("|")
        policy |= {"ResourceId": resource, "ScalableDimension": dimension, "ServiceNamespace": namespace}
    return policy


def _without(properties: Document, name: str) -> Document:
    return {key: properties[key] for key in properties if key != name}


def _numbers(value: Any) -> Any:
    """Return properties with texts as templates may have them (`"true"`, numbers are kept) as the API takes them."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _done(call: Callable[[], Document]) -> Document:
    try:
        return call()
    except ServiceError as error:
        raise ValueError(f"Resource handler returned message: {error.message} ({error.code})") from error


def _gone(call: Callable[[], Document]) -> None:
    try:
        call()
    except ServiceError as error:
        if not _is_gone(error):
            raise ValueError(f"Resource handler returned message: {error.message} ({error.code})") from error


def _is_gone(error: ServiceError) -> bool:
    absent = error.message.startswith("Could not find") or error.message.endswith(" does not exist.")
    return absent or error.code in ("ResourceNotFound", "ObjectNotFoundException")


def _identity(kind: Kind, *, name: str, arn: str) -> tuple[str, Document]:
    attributes = {kind.arn: arn, kind.named_by: name}
    return (arn if kind.ref == "arn" else name), attributes


def _last(text: str) -> str:
    return text.rpartition("/")[2]
