"""How the stacks of a stage come together from what is declared."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import cx_api

from modelyard.constructs.fleet_dashboard import ServedModel
from modelyard.manifest import Model, Problem, Refused, Stage, catalogue, read_models, read_stage
from modelyard.manifest.stack_kinds import MODEL_STACK_KINDS, StackKey
from modelyard.stacks.api import ApiStack
from modelyard.stacks.batch import BatchStack
from modelyard.stacks.delivery import DeliveryStack
from modelyard.stacks.fleet import FleetStack, served_model
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.model_stack import ModelContext, ModelStack
from modelyard.stacks.monitoring import MonitoringStack
from modelyard.stacks.serving import ServingStack
from modelyard.stacks.stage_stack import StageStack
from modelyard.stacks.training import TrainingStack
from modelyard.template_checks.rules import check_templates
from modelyard.template_checks.template import Template

REQUIREMENTS = "requirements.txt"
# The class of each kind of stack that a model has; manifest/stack_kinds.py has their order and what each needs.
MODEL_STACKS: Mapping[StackKey, type[ModelStack]] = {
    "training": TrainingStack,
    "batch": BatchStack,
    "serving": ServingStack,
    "monitoring": MonitoringStack,
    "api": ApiStack,
}


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
    # The second of two keys: it must name the stage, so that no habit of typing it reaches another.
    if declarations.destroy_data is not None and declarations.destroy_data != stage.name:
        raise Refused(
            [
                Problem(
                    key="the option -c destroy_data",
                    allowed=f"the stage that is synthesized ({stage.name}) or left out",
                    got=declarations.destroy_data,
                    hint="name the stage whose data may go",
                )
            ]
        )
    foundation = FoundationStack(
        app,
        stage=stage,
        model_names=declarations.model_names,
        destroy_data=declarations.destroy_data is not None,
    )
    stacks: list[StageStack] = [foundation]
    if stage.delivery is not None:
        stacks.append(DeliveryStack(foundation, delivery=stage.delivery))
    served: list[ServedModel] = []
    for model in models:
        made = _model_stacks(foundation, model=model, declarations=declarations, outdir=Path(app.outdir))
        stacks += made.values()
        shown = served_model(model, stage=stage.name, stacks=made)
        served += [] if shown is None else [shown]
    # The page of all models, which one alone cannot draw; none while no model is served.
    if served and declarations.model is None:
        stacks.append(FleetStack(app, stage=stage, models=served))
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
    problems = check_templates(templates)
    if problems:
        raise Refused(problems)


def _model_stacks(
    foundation: FoundationStack, *, model: Model, declarations: Declarations, outdir: Path
) -> dict[StackKey, StageStack]:
    """Make the stacks that a model declares, but for those that await a promotion; a notice says which those are."""
    stacks: dict[StackKey, StageStack] = {}
    context = ModelContext(
        foundation=foundation,
        model=model,
        scripts=declarations.scripts,
        outdir=outdir,
        preview=declarations.preview,
        stacks=stacks,
    )
    waiting: list[StackKey] = []
    for kind in MODEL_STACK_KINDS:
        if kind.awaits_promotion(model) and not declarations.preview:
            waiting.append(kind.key)
        elif kind.is_declared(model):
            stacks[kind.key] = MODEL_STACKS[kind.key].from_context(context)
    if waiting and "training" in stacks:
        cdk.Annotations.of(stacks["training"]).add_info_v2(
            f"modelyard:{model.name}",
            f"{', '.join(waiting)} of {model.name}: left out until a model is promoted; "
            f"next: yard train {model.name}, then yard promote {model.name}",
        )
    images = dict.fromkeys((use.container, use.scope) for use in model.image_uses)
    for stack in [*stacks.values()][:1]:
        for container, scope in images:
            if catalogue.family_of(container):
                said = _patches_of(container, scope=scope)
                cdk.Annotations.of(stack).add_info_v2(f"modelyard:{model.name}-{scope}-image", f"{model.name}: {said}")
        needed = _requirements_of(model, scripts=declarations.scripts)
        if foundation.stage.vpc is not None and needed:
            cdk.Annotations.of(stack).add_warning_v2(
                f"modelyard:{model.name}-requirements",
                f"{model.name}: pip installs {', '.join(needed)} at each start, from the subnets of the vpc: they "
                "need a way to PyPI, such as a NAT gateway, or jobs and servers fail",
            )
        script = model.training.script if model.training is not None else None
        if foundation.stage.vpc is not None and foundation.stage.tracking is not None and script is not None:
            cdk.Annotations.of(stack).add_warning_v2(
                f"modelyard:{model.name}-tracking",
                f"{model.name}: MLflow is at mlflow.sagemaker.<region>.app.aws, for which no interface endpoint is "
                "known: a script that logs by itself needs a way there from the subnets of the vpc, such as a NAT "
                "gateway, or its job fails",
            )
    return stacks


def _requirements_of(model: Model, *, scripts: Path) -> list[str]:
    """Return the lists of packages beside a model's scripts, as they are written below the folder of scripts."""
    tables = (model.preprocessing, model.training)
    named = {*(table.script for table in tables if table is not None), model.serving_script} - {None}
    files = {Path(str(script)).parent / REQUIREMENTS for script in named}
    return sorted(file.as_posix() for file in files if (scripts / file).is_file())


def _patches_of(container: str, *, scope: catalogue.Scope) -> str:
    """Until when AWS mends an image: the day itself, for no synth reads what day it is."""
    until, listed = catalogue.patched_until(container=container, scope=scope), catalogue.listed_on()
    image = f"the image {container} for {scope}"
    if until is None:
        return f"{image} has no end of patches in AWS's list of {listed}: whether it gets patches is unknown"
    return f"{image} gets patches {'from AWS until' if until >= listed else 'no more, since'} {until}"
