"""Where is what: the stacks of a model, and what their outputs name."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from modelyard.manifest import Model
from modelyard.manifest.stack_kinds import StackKey, stack_kind
from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure, says_absent

# A stack in one of these stands as its template says (CloudFormation guide, "Stack status codes"); one that was rolled
# back stands as the template before said.
STANDING = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"})
# A stack in one of these has a name and a template, and nothing that works: it was never created. The CDK's command
# deletes what failed to be created before it creates it anew (aws-cdk, StackStatus.isCreationFailure).
NEVER_CREATED = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"})


def imported_group(prefix: str) -> str:
    """Return the name of the group of a model's packages that `yard import` makes; `prefix` is stage and model."""
    return f"{prefix}-imported"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """A stack as CloudFormation describes it."""

    name: str
    status: str
    reason: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    protected: bool = False

    @property
    def stands(self) -> bool:
        """Whether its outputs can be relied on."""
        return self.status in STANDING

    @property
    def was_created(self) -> bool:
        """Whether a deploy finds its resources: else it makes them all."""
        return self.status not in NEVER_CREATED

    @property
    def is_changing(self) -> bool:
        """Whether somebody is changing it now."""
        return self.status.endswith("_IN_PROGRESS")

    def output(self, key: str) -> str:
        """Return what an output names.

        Raises:
            Failure: the stack has no such output, for it was deployed from another version or without that part.
        """
        if key not in self.outputs:
            raise Failure(f"The stack {self.name} has no output {key}; deploy it anew: cdk deploy {self.name}")
        return self.outputs[key]


class Deployment:
    """The stacks of one model in one stage, each read once."""

    def __init__(self, *, aws: Aws, model: Model, stage: str) -> None:
        self.aws = aws
        self.model = model
        self.stage = stage
        self._read: dict[StackKey, Stack | None] = {}

    def name_of(self, key: StackKey) -> str:
        """Return the stack's name, as app.py gives it."""
        return stack_kind(key).stack_name(stage=self.stage, model=self.model)

    def find(self, key: StackKey) -> Stack | None:
        """Return a stack in whatever state it is, or None when there is none."""
        if key not in self._read:
            self._read[key] = find_stack(aws=self.aws, name=self.name_of(key))
        return self._read[key]

    def stack(self, key: StackKey) -> Stack:
        """Return a stack that stands.

        Raises:
            Failure: it was never deployed, or is not whole.
        """
        found = self.find(key)
        if found is None:
            raise Failure(self._missing(key))
        if not found.stands:
            why = f" ({found.reason.rstrip('.')})" if found.reason else ""
            if found.is_changing:
                raise Failure(
                    f"The stack {found.name} is being changed: {found.status}{why}; wait until that has ended"
                )
            log = f"; the endpoint's log: yard logs {self.model.name} --endpoint" if key == "serving" else ""
            raise Failure(
                f"The stack {found.name} is not whole: {found.status}{why}{log}; repair it: cdk deploy {found.name}"
            )
        return found

    def output(self, key: StackKey, name: str) -> str:
        """Return what an output of a standing stack names.

        Raises:
            Failure: the stack is not there or not whole, or has no such output.
        """
        return self.stack(key).output(name)

    @cached_property
    def bucket(self) -> str:
        """The data bucket."""
        return self.output("foundation", "DataBucketName")

    @property
    def package_group(self) -> str:
        """The group of its registered models: its training's, or for a model that is only imported one of its own.

        That has another name, for a training that is declared later to find its own free.
        """
        if self.model.training is not None:
            return self.output("training", "ModelPackageGroupName")
        return imported_group(self.model.endpoint(stage=self.stage))

    @property
    def endpoint(self) -> str:
        """The endpoint's name."""
        return self.output("serving", "EndpointName")

    def resources(self, key: StackKey, *, kind: str) -> list[str]:
        """Return the physical names of a stack's resources of one CloudFormation type."""
        return resources_of(aws=self.aws, stack=self.stack(key).name, kind=kind)

    def _missing(self, key: StackKey) -> str:
        kind = stack_kind(key)
        name, where = self.name_of(key), f"in {self.aws.account}, {self.aws.region}"
        if kind.awaits_promotion(self.model):
            return f"{name} is not deployed {where}; first: yard promote {self.model.name}, then cdk deploy {name}"
        if kind.of_model and not kind.is_declared(self.model):
            return f"{self.model.name} declares no [{key}]; add that table to its manifest and cdk deploy {name}"
        return f"{name} is not deployed {where}; check --region and --stage, or: cdk deploy {name}"


def find_stack(*, aws: Aws, name: str) -> Stack | None:
    """Return a stack by its name, or None."""
    try:
        (found,) = aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if says_absent(error):
            return None
        raise
    return Stack(
        name=found["StackName"],
        status=found["StackStatus"],
        reason=found.get("StackStatusReason", ""),
        outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])},
        protected=found.get("EnableTerminationProtection", False),
    )


def deployed_template(*, aws: Aws, stack: str) -> Any:
    """Return the template of a stack as it is deployed, a text where it is not JSON; None when there is no stack."""
    try:
        return aws.client("cloudformation").get_template(StackName=stack)["TemplateBody"]
    except ClientError as error:
        if says_absent(error):
            return None
        raise


def resources_of(*, aws: Aws, stack: str, kind: str) -> list[str]:
    """Return the physical names of a stack's resources of one CloudFormation type, those that were made."""
    pages = aws.client("cloudformation").get_paginator("list_stack_resources")
    found = pages.paginate(StackName=stack).build_full_result()["StackResourceSummaries"]
    return [one["PhysicalResourceId"] for one in found if one["ResourceType"] == kind and "PhysicalResourceId" in one]
