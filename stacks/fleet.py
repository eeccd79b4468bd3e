"""The stack of what all models of a stage have to be looked at together: one page."""

from collections.abc import Collection, Sequence

import aws_cdk as cdk

from modelyard.constructs.fleet_dashboard import FleetDashboard, ServedModel
from modelyard.manifest import Model, Stage
from modelyard.manifest.stack_kinds import StackKey, stack_kind
from modelyard.stacks.stage_stack import StageStack


class FleetStack(StageStack):
    """Stands beside the others: it needs none of them and none needs it, so that each can be deployed alone."""

    def __init__(self, app: cdk.App, *, stage: Stage, models: Sequence[ServedModel]) -> None:
        super().__init__(
            app,
            stack_kind("fleet").stack_name(stage=stage.name),
            stage=stage,
            description=f"One page for all models that {stage.name} serves",
        )
        dashboard = FleetDashboard(self, "Models", name=f"{stage.name}-models", models=models)
        self.publish("FleetDashboardName", dashboard.pages[0].ref, description="Shows all models of the stage")


def served_model(model: Model, *, stage: str, stacks: Collection[StackKey]) -> ServedModel | None:
    """Return what the page shows of a model that has these kinds of stacks, or None while none serves it."""
    if model.serving is None or "serving" not in stacks:
        return None
    return ServedModel(
        name=model.name,
        endpoint=model.endpoint(stage=stage),
        variants=tuple(variant.name for variant in model.serving.variants),
        schedule=model.schedule(stage=stage) if "monitoring" in stacks else None,
    )
