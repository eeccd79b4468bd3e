"""The kinds of stack: the one list that synth, `yard plan`, `status` and `teardown`, and the documentation follow.

Stacks are deployed in the order of the list and deleted in the reverse: what a kind needs stands above it.
`stacks/assembly.py` says which class makes the stack of each kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from modelyard.manifest.model import Model

StackKey = Literal["foundation", "delivery", "training", "batch", "serving", "monitoring", "api", "fleet"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StackKind:
    """A kind of stack: one for each model that declares the table `key`, or one for a stage.

    Attributes:
        key: The end of the stack's name; for a model's stack also the manifest's table.
        content: What the stack holds, in a few words.
        of_model: Whether each model has its own; otherwise the stage has one.
        needs: The kinds whose stacks must be there first.
        promoted: Whether a model has everything that somebody promotes for this table; asked only where it is declared.
        outputs: The names of its outputs, which `yard` looks up; a stack leaves out those of what it does not have.
        machines: Those of its outputs that name state machines, whose executions are stopped before it is deleted.
    """

    key: StackKey
    content: str
    of_model: bool = True
    needs: tuple[StackKey, ...] = ()
    promoted: Callable[[Model], bool] = lambda _: True
    outputs: tuple[str, ...]
    machines: tuple[str, ...] = ()

    def stack_name(self, *, stage: str, model: Model | None = None) -> str:
        """Return the name of the stack; `model` is not looked at where the stage has one."""
        return f"{stage}-{model.slug}-{self.key}" if self.of_model and model is not None else f"{stage}-{self.key}"

    def is_declared(self, model: Model) -> bool:
        """Return whether a model has the table of this kind."""
        return self.of_model and getattr(model, self.key) is not None

    def awaits_promotion(self, model: Model) -> bool:
        """Return whether a declared stack cannot be deployed yet, because nobody has promoted what it needs."""
        if not self.is_declared(model):
            return False
        return not self.promoted(model) or any(stack_kind(key).awaits_promotion(model) for key in self.needs)


STACK_KINDS: tuple[StackKind, ...] = (
    StackKind(
        key="foundation",
        content="data bucket, key, alert topic",
        of_model=False,
        outputs=("DataBucketName", "DataKeyArn", "AlertTopicArn"),
    ),
    StackKind(
        key="delivery",
        content="the pipeline's roles",
        of_model=False,
        needs=("foundation",),
        outputs=("DiffRoleArn", "DeployRoleArn", "ProposeRoleArn"),
    ),
    StackKind(
        key="training",
        content="state machine, experiment, model package group",
        needs=("foundation",),
        outputs=(
            "TrainingStateMachineArn",
            "ExperimentName",
            "ModelPackageGroupName",
            "RetrainingStateMachineArn",
        ),
        machines=("TrainingStateMachineArn", "RetrainingStateMachineArn"),
    ),
    StackKind(
        key="batch",
        content="model, state machine",
        needs=("foundation",),
        promoted=lambda model: model.scoring is not None and model.scoring.is_promoted,
        outputs=("BatchStateMachineArn", "BatchModelName", "TransformPrefix"),
        machines=("BatchStateMachineArn",),
    ),
    StackKind(
        key="serving",
        content="models, endpoint, alarms, scaling",
        needs=("foundation",),
        promoted=lambda model: model.serving is not None and model.serving.is_promoted,
        outputs=("EndpointName", "EndpointConfigName", "CapturePrefix"),
    ),
    StackKind(
        key="monitoring",
        content="checks of traffic and of quality, alarms, dashboard",
        needs=("foundation", "serving"),
        promoted=lambda model: model.monitoring is not None and model.monitoring.baseline is not None,
        outputs=(
            "MonitoringEngine",
            "MonitoringScheduleName",
            "MonitoringReportPrefix",
            "BaselinePrefix",
            "DriftAlarmName",
            "CheckStateMachineArn",
            "QualityBaselineStateMachineArn",
            "QualityStateMachineArn",
            "QualityScheduleName",
            "QualityReportPrefix",
            "QualityBaselinePrefix",
            "QualityAlarmName",
        ),
        machines=("CheckStateMachineArn", "QualityStateMachineArn", "QualityBaselineStateMachineArn"),
    ),
    StackKind(
        key="api",
        content="REST API, its keys, access log",
        needs=("foundation", "serving"),
        outputs=("ApiUrl", "ApiId", "AccessLogGroup", "ApiKeyId"),
    ),
    StackKind(key="fleet", content="one dashboard for all models", of_model=False, outputs=("FleetDashboardName",)),
)
MODEL_STACK_KINDS = tuple(kind for kind in STACK_KINDS if kind.of_model)


def stack_kind(key: StackKey) -> StackKind:
    """Return the kind of a key."""
    return next(kind for kind in STACK_KINDS if kind.key == key)


def stack_kinds_of(model: Model) -> list[StackKind]:
    """Return the foundation, which every model uses, and the kinds that a model declares."""
    return [kind for kind in STACK_KINDS if kind.key == "foundation" or kind.is_declared(model)]
