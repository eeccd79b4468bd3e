"""How the stacks of a stage come together from what is declared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import cx_api

from modelyard.manifest import Flaw, Model, Refused, Stage, read_models, read_stage
from modelyard.manifest.model import TABLES, Table
from modelyard.stacks.api import ApiStack
from modelyard.stacks.batch import BatchStack
from modelyard.stacks.delivery import DeliveryStack
from modelyard.stacks.fleet import FleetStack, served_model
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.monitoring import MonitoringStack
from modelyard.stacks.serving import ServingStack
from modelyard.stacks.stage_stack import StageStack
from modelyard.stacks.training import TrainingStack
from modelyard.template_checks.rules import check_templates
from modelyard.template_checks.template import Template


@dataclass(frozen=True, kw_only=True, slots=True)
class Declarations:
    """What is to be synthesized: folders of declarations, and what of them was asked for.

    `model` narrows the app to one model, at the same cost however many there are. `preview` adds the stacks that
    nobody has promoted a model for. `destroy_data` names the stage whose data may be deleted with its foundation.
    """

    models: Path
    stages: Path
    scripts: Path
    stage: str = "dev"
    model: str | None = None
    preview: bool = False
    destroy_data: str | None = None

    @property
    def model_names(self) -> list[str]:
        """All models that are declared, asked for or not: each has a rule in the bucket they share."""
        return sorted(file.stem for file in self.models.glob("*.toml"))


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltApp:
    """The stage that was built, its models, and its stacks in the order of their definition."""

    stage: Stage
    models: tuple[Model, ...]
    stacks: tuple[StageStack, ...]


def build_app(app: cdk.App, *, declarations: Declarations, validate: bool) -> BuiltApp:
    """Define every stack of one stage.

    Raises:
        Refused: a declaration cannot be taken.
    """
    stage = read_stage(declarations.stages, name=declarations.stage)
    models = read_models(declarations.models, stage=stage, scripts=declarations.scripts, only=declarations.model)
    foundation = FoundationStack(
        app,
        stage=stage,
        model_names=declarations.model_names,
        destroy_data=_second_key(stage=stage, given=declarations.destroy_data),
    )
    stacks: list[StageStack] = [foundation]
    if stage.delivery is not None:
        stacks.append(DeliveryStack(foundation, delivery=stage.delivery))
    for model in models:
        stacks += _add_model(foundation, model=model, declarations=declarations, outdir=Path(app.outdir))
    if declarations.model is None:
        stacks += _add_fleet(app, stage=stage, models=models, declarations=declarations)
    if validate:
        from modelyard.stacks.policy_checks import (
            add_policy_checks,  # the rules weigh as much as the app: only where asked
        )

        add_policy_checks(app)
    return BuiltApp(stage=stage, models=models, stacks=tuple(stacks))


def check_assembly(assembly: cx_api.CloudAssembly, *, region: str | None) -> None:
    """Hold what was synthesized to the rules that no schema knows.

    Raises:
        Refused: a template breaks one of them.
    """
    templates = [
        Template(name=file.name, body=json.loads(file.read_text(encoding="utf-8")), region=region)
        for file in sorted(Path(assembly.directory).glob("*.template.json"))
    ]
    flaws = check_templates(templates)
    if flaws:
        raise Refused(flaws)


def _second_key(*, stage: Stage, given: str | None) -> bool:
    """The second of two keys: it must name the stage, so that no habit of typing it reaches another."""
    if given is not None and given != stage.name:
        raise Refused(
            [
                Flaw(
                    key="the option -c destroy_data",
                    allowed=f"the stage that is synthesized ({stage.name}) or left out",
                    got=given,
                    cure="name the stage whose data may go",
                )
            ]
        )
    return given is not None


def _add_model(
    foundation: FoundationStack, *, model: Model, declarations: Declarations, outdir: Path
) -> Iterator[StageStack]:
    scripts = declarations.scripts
    waiting = _waiting(model, declarations=declarations)
    if model.training is not None:
        training = TrainingStack(foundation, model=model, training=model.training, scripts=scripts, outdir=outdir)
        _notice(training, model=model, waiting=waiting)
        yield training
    if model.batch is not None and "batch" not in waiting:
        yield BatchStack(foundation, model=model, batch=model.batch, scripts=scripts, outdir=outdir)
    if model.serving is not None and "serving" not in waiting:
        serving = ServingStack(foundation, model=model, serving=model.serving, scripts=scripts, outdir=outdir)
        yield serving
        if model.monitoring is not None and "monitoring" not in waiting:
            monitoring = MonitoringStack(
                foundation,
                model=model,
                monitoring=model.monitoring,
                serving=serving,
                measured=_is_measured(model, preview=declarations.preview),
            )
            _quality_notice(monitoring, model=model, preview=declarations.preview)
            yield monitoring
        if model.api is not None:
            yield ApiStack(foundation, model=model, api=model.api, serving=serving)


def _is_measured(model: Model, *, preview: bool) -> bool:
    declared = model.monitoring is not None and model.monitoring.quality is not None
    return declared and (preview or not model.awaits_quality_baseline)


def _quality_notice(monitoring: MonitoringStack, *, model: Model, preview: bool) -> None:
    """Say at each synth that answers are not measured yet, and which command makes what they are held against."""
    if model.awaits_quality_baseline and not preview:
        cdk.Annotations.of(monitoring).add_info_v2(
            f"modelyard:{model.name}-quality",
            f"monitoring.quality of {model.name}: left out until it has a baseline; "
            f"next, once this stack is deployed: yard baseline {model.name}",
        )


def _waiting(model: Model, *, declarations: Declarations) -> list[Table]:
    return [] if declarations.preview else [table for table in TABLES if model.awaits_promotion(table=table)]


def _add_fleet(
    app: cdk.App, *, stage: Stage, models: Sequence[Model], declarations: Declarations
) -> Iterator[StageStack]:
    """The page of all models, which one alone cannot draw; none while no model is served."""
    found = (
        served_model(model, stage=stage.name, waiting=_waiting(model, declarations=declarations)) for model in models
    )
    served = [one for one in found if one is not None]
    if served:
        yield FleetStack(app, stage=stage, models=served)


def _notice(training: TrainingStack, *, model: Model, waiting: Sequence[Table]) -> None:
    """Say at each synth what is not there yet, and which command makes it."""
    if waiting:
        cdk.Annotations.of(training).add_info_v2(
            f"modelyard:{model.name}",
            f"{', '.join(waiting)} of {model.name}: left out until a model is promoted; "
            f"next: yard train {model.name}, then yard promote {model.name}",
        )
