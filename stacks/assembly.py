"""How the stacks of a stage come together from what is declared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import cx_api

from manifest import Flaw, Model, Refused, Stage, read_models, read_stage
from manifest.model import Table
from stacks.batch import BatchStack
from stacks.foundation import FoundationStack
from stacks.monitoring import MonitoringStack
from stacks.serving import ServingStack
from stacks.training import TrainingStack
from template_checks.rules import check_templates
from template_checks.template import Template


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


def build_app(app: cdk.App, *, declarations: Declarations, validate: bool) -> Stage:
    """Define every stack of one stage, and return it.

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
    for model in models:
        _add_model(foundation, model=model, declarations=declarations, outdir=Path(app.outdir))
    if validate:
        from stacks.policy_checks import add_policy_checks  # the rules weigh as much as the app: only where asked

        add_policy_checks(app)
    return stage


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
                    key="-c destroy_data",
                    allowed=f"the stage that is synthesized ({stage.name}) or left out",
                    got=given,
                    cure="name the stage whose data may go",
                )
            ]
        )
    return given is not None


def _add_model(foundation: FoundationStack, *, model: Model, declarations: Declarations, outdir: Path) -> None:
    scripts = declarations.scripts
    training = _training(foundation, model=model, scripts=scripts, outdir=outdir)
    noticed = training if training is not None else foundation
    if model.batch is not None and _is_due("batch", model=model, preview=declarations.preview, noticed=noticed):
        BatchStack(foundation, model=model, batch=model.batch, scripts=scripts, outdir=outdir)
    serving = None
    if model.serving is not None and _is_due("serving", model=model, preview=declarations.preview, noticed=noticed):
        serving = ServingStack(foundation, model=model, serving=model.serving, scripts=scripts, outdir=outdir)
    due = model.monitoring is not None and _is_due(
        "monitoring", model=model, preview=declarations.preview, noticed=noticed
    )
    if due and serving is not None and model.monitoring is not None:
        MonitoringStack(foundation, model=model, monitoring=model.monitoring, serving=serving)


def _training(foundation: FoundationStack, *, model: Model, scripts: Path, outdir: Path) -> TrainingStack | None:
    if model.training is None:
        return None
    return TrainingStack(foundation, model=model, training=model.training, scripts=scripts, outdir=outdir)


def _is_due(table: Table, *, model: Model, preview: bool, noticed: cdk.Stack) -> bool:
    """Whether a stack can be made; where not, the stack that can says what comes first."""
    if not model.awaits_promotion(table=table):
        return True
    if not preview:
        command = f"yard train {model.name}, then yard promote {model.name}"
        cdk.Annotations.of(noticed).add_info_v2(
            f"modelyard:{model.name}-{table}",
            f"{table} of {model.name} is left out until a model is promoted; next: {command}",
        )
    return preview

