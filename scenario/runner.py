"""Which steps a model's life has, in which order, which of them a manifest asks for, and what each takes on AWS."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from modelyard.manifest import Model
from modelyard.rehearsal.sagemaker.tracking.server import MlflowMissingError, find_python
from modelyard.rehearsal.session import Rehearsal
from modelyard.scenario.commands import Commands
from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.data import ModelData, archive_to_import, check_data
from modelyard.scenario.failing_models import has_failing_model
from modelyard.scenario.steps import (
    call,
    deploy,
    label,
    model_quality,
    retrain,
    scale,
    score,
    teardown,
    train,
    update_model,
    watch,
)
from modelyard.scenario.timeline import Timeline
from modelyard.scenario.webhook import SnsWebhookReceiver
from modelyard.scenario.workspace import PROMOTED, Workspace, read_declarations, read_promoted

REGION = "us-east-1"
# Why a model has no such step, or None if it has.
Omission = Callable[[Model], str | None]


def never_omitted(_model: Model) -> str | None:
    """Return that every model has this step."""
    return None


def unless_declared(*tables: str) -> Omission:
    """Return a function that names the first table a manifest does not have, such as `serving.scaling`."""

    def omission(model: Model) -> str | None:
        missing = (table for table in tables if _value(model, table.split(".")) is None)
        return next((f"not declared: [{table}]" for table in missing), None)

    return omission


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step. `aws_minutes` is what it usually takes on AWS: docs/rehearsal.md says from where."""

    title: str
    aws_minutes: float
    run: Callable[[ScenarioContext, list[str]], None]
    omission: Omission = never_omitted


TRAINED = unless_declared("training")
WATCHED = unless_declared("serving", "monitoring")
MEASURED = unless_declared("serving", "monitoring", "monitoring.quality")


def _unless_deployed(model: Model) -> str | None:
    return unless_declared("serving")(model) if model.batch is None else None


def _unless_promoted(model: Model) -> str | None:
    if archive_to_import(model) is not None:
        return None
    return unless_declared("training", "serving")(model) if model.batch is None else TRAINED(model)


def _unless_called(model: Model) -> str | None:
    if model.api is not None and model.api.auth == "jwt":
        return 'auth = "jwt": only users of its pool have tokens'
    return unless_declared("serving", "api")(model)


def _unless_scaled(model: Model) -> str | None:
    why = unless_declared("serving", "serving.scaling")(model)
    scaling = None if model.serving is None else model.serving.scaling
    if why is not None or scaling is None:
        return why
    if scaling.invocations_per_instance is None:
        return "not declared: scaling.invocations_per_instance"
    return f"scaling.min is max ({scaling.max})" if scaling.min == scaling.max else None


def _unless_retrained(model: Model) -> str | None:
    why = unless_declared("training", "serving", "monitoring", "monitoring.quality")(model)
    return why if why is not None else retrain.missing(model)


def _unless_replaced(model: Model) -> str | None:
    if model.training is None or model.serving is None:
        return unless_declared("training", "serving")(model)
    if len(model.serving.variants) > 1:
        return "the endpoint has several variants"
    tuned = 0 if model.training.tuning is None else model.training.tuning.jobs
    return "not declared: a second trial" if max(len(model.training.all_trials), tuned) < 2 else None


def _unless_rolled_back(model: Model) -> str | None:
    omission = _unless_replaced(model)
    if omission is not None or has_failing_model(model):
        return omission
    return "only for scripts of the examples"


STEPS: Sequence[Step] = (
    Step(title="Bootstrap the account", aws_minutes=1, run=deploy.bootstrap),
    Step(title="Deploy foundation and training", aws_minutes=3, run=deploy.deploy_training),
    Step(title="Push the data", aws_minutes=0.2, run=train.push_data, omission=TRAINED),
    Step(title="Train the trials, register the best", aws_minutes=10, run=train.train, omission=TRAINED),
    Step(title="Promote the best", aws_minutes=0.1, run=train.promote, omission=_unless_promoted),
    Step(
        title="Deploy what serves, scores and watches",
        aws_minutes=9,
        run=deploy.deploy_rest,
        omission=_unless_deployed,
    ),
    Step(
        title="Score a file in batch",
        aws_minutes=6,
        run=score.transform,
        omission=unless_declared("batch"),
    ),
    Step(title="Good traffic", aws_minutes=0.1, run=score.good_traffic, omission=WATCHED),
    # In the quiet hour: the labelled records are of the usual population, and would hide the drift of another.
    Step(title="What the answers are worth", aws_minutes=5, run=model_quality.baseline, omission=MEASURED),
    Step(title="An hour passes; the check is quiet", aws_minutes=75, run=watch.quiet_hour, omission=WATCHED),
    Step(title="Drifted traffic", aws_minutes=0.1, run=score.drifted_traffic, omission=WATCHED),
    Step(title="Another hour; the alarm rings", aws_minutes=75, run=watch.alarming_hour, omission=WATCHED),
    Step(title="The drift as a page", aws_minutes=0.1, run=watch.page, omission=WATCHED),
    Step(title="The other engine agrees", aws_minutes=12, run=watch.other_engine, omission=WATCHED),
    # Not in an hour whose check must be quiet: the example of a row is no row of the population.
    Step(title="Ask over HTTP", aws_minutes=0.1, run=call.ask_over_http, omission=_unless_called),
    Step(
        title="Labels arrive; the answers are measured",
        aws_minutes=75,
        run=model_quality.measured,
        omission=MEASURED,
    ),
    Step(
        title="An alarm trains anew; a better model is proposed",
        aws_minutes=40,
        run=retrain.retrain,
        omission=_unless_retrained,
    ),
    Step(title="Records worth a label", aws_minutes=0.2, run=label.label, omission=MEASURED),
    Step(
        title="Scale out under load, and in again",
        aws_minutes=35,
        run=scale.scale_out_and_in,
        omission=_unless_scaled,
    ),
    Step(title="Another model, by a canary", aws_minutes=18, run=update_model.canary, omission=_unless_replaced),
    Step(
        title="A bad model is rolled back",
        aws_minutes=15,
        run=update_model.rolled_back,
        omission=_unless_rolled_back,
    ),
    Step(title="Delete everything", aws_minutes=10, run=teardown.delete_everything),
)


def step_count(model: Model) -> int:
    """Return how many steps the life of a model has."""
    return sum(step.omission(model) is None for step in STEPS)


def plan_line(model: Model, *, promoted: Sequence[str]) -> str:
    """Return how much is played, and where what is promoted comes from: the local AWS has none of it."""
    chapters = f"{step_count(model)} of {len(STEPS)} chapters"
    archive = archive_to_import(model)
    if archive is not None:
        return f"{chapters}; imported: {archive}"
    if not promoted:
        return chapters
    origin = f"uploaded from {PROMOTED}/" if model.training is None else "made anew here"
    return f"{chapters}; {origin}: {', '.join(promoted)}"


def run_scenario(*, model: str, project: Path, output: Path, console: Console) -> None:
    """Run a model's whole life and print it; `output` gets the logs, the page and the results of the batch.

    Raises:
        Refused: a declaration cannot be taken; nothing was started.
        DataError: there are no data for the model; nothing was started.
        Failure: the manifest is written in a form that the scenario cannot change.
        CommandFailed: a command ended otherwise than expected.
        ScenarioFailed: a step had another result than it must have.
        RehearsalError: the local AWS did not start.

    """
    stage, declared = read_declarations(project, model=model)
    check_data(model=declared, project=project)
    region = REGION if stage.region is None else stage.region
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    with (
        (output / "aws.log").open("w", encoding="utf-8") as log,
        Rehearsal(region=region, project=project, on_line=lambda line: _write(log, line)) as rehearsal,
        SnsWebhookReceiver(connection=rehearsal.connection) as alerts,
    ):
        workspace = Workspace(folder=rehearsal.folder / "project", project=project, model=model)
        workspace.fill()
        if stage.tracking is not None:
            _leave_tracking_out_unless_installed(workspace, console=console)
        read_declarations(workspace.folder, model=model)
        context = ScenarioContext(
            model=declared,
            data=ModelData(model=declared, workspace=workspace.folder),
            connection=rehearsal.connection,
            workspace=workspace,
            commands=Commands(connection=rehearsal.connection, folder=workspace.folder, log=output / "commands.log"),
            alerts=alerts,
            output=output.resolve(),
        )
        _run_steps(context=context, console=console)


def _leave_tracking_out_unless_installed(workspace: Workspace, *, console: Console) -> None:
    try:
        find_python(workspace.project.resolve())
    except MlflowMissingError as missing:
        workspace.leave_tracking_out()
        console.print(f"tracking of the stage is left out: {missing}", markup=False, highlight=False)


def _run_steps(*, context: ScenarioContext, console: Console) -> None:
    omissions = {step.title: step.omission(context.model) for step in STEPS}
    timeline = Timeline(console=console, steps=step_count(context.model))
    where = f": a whole life against {context.connection.endpoint}, which is this machine"
    console.print(Text.assemble((context.name, "bold"), where))
    promoted = tuple(read_promoted(context.workspace.project, model=context.name))
    console.print(plan_line(context.model, promoted=promoted), end="\n\n", markup=False, highlight=False)
    with timeline.shown():
        for step in STEPS:
            why = omissions[step.title]
            if why is not None:
                timeline.omit(title=step.title, why=why)
                continue
            with timeline.step(title=step.title, aws_minutes=step.aws_minutes) as lines:
                step.run(context, lines)
    results = f". Logs, page and results: {context.relative(context.output)}"
    console.print(Text.assemble("\n", (timeline.summary(), "bold"), results))


def _write(log: Any, line: str) -> None:
    log.write(f"{line}\n")
    log.flush()


def _value(declared: Any, path: Sequence[str]) -> Any:
    for name in path:
        declared = None if declared is None else getattr(declared, name)
    return declared
