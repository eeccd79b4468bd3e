"""The stack of what all models of a stage have to be looked at together: one page."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import aws_cdk as cdk

from modelyard.constructs.fleet_dashboard import FleetDashboard, ServedModel
from modelyard.manifest import Model, Stage
from modelyard.manifest.model import Table
from modelyard.stacks.stage_stack import StageStack


class FleetStack(StageStack):
    """Stands beside the others: it needs none of them and none needs it, so that each can be deployed alone."""

    def __init__(self, app: cdk.App, *, stage: Stage, models: Sequence[ServedModel]) -> None:
        super().__init__(
            app,
            f"{stage.name}-fleet",
            stage=stage,
            description=f"One page for all models that {stage.name} serves",
        )
        dashboard = FleetDashboard(self, "Models", name=f"{stage.name}-models", models=models)
        self.publish("FleetDashboardName", dashboard.pages[0].ref, description="Shows all models of the stage")


def served_model(model: Model, *, stage: str, waiting: Collection[Table]) -> ServedModel | None:
    """What the page shows of a model, or None while none is served; `waiting` are tables that are not deployed yet."""
    if model.serving is None or "serving" in waiting:
        return None
    checked = model.monitoring is not None and "monitoring" not in waiting
    return ServedModel(
        name=model.name,
        endpoint=model.endpoint(stage=stage),
        variants=tuple(variant.name for variant in model.serving.variants),
        schedule=model.schedule(stage=stage) if checked else None,
    )
