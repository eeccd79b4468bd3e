"""The app: the list of its commands, and the options that all of them share."""

from collections.abc import Callable

import typer

from modelyard.manifest.reading import named_folder
from modelyard.operations.aws import Aws
from modelyard.operations.cli import (
    api,
    baseline,
    captures,
    certify,
    cost,
    data,
    drift,
    feedback,
    importing,
    invoke,
    leaderboard,
    limits,
    lineage,
    logs,
    new,
    pause,
    plan,
    plot,
    promote,
    quality,
    quota,
    resume,
    size,
    status,
    teardown,
    traffic,
    train,
    transform,
    update,
    verify,
)
from modelyard.operations.cli.options import Json, Models, Region, Stage
from modelyard.operations.operator import Operator
from modelyard.operations.project import Project
from modelyard.operations.screen.screen import Screen
from modelyard.shared.console import fix_help_width

LIFE, WATCH, KEEP = "Train and use a model", "Watch its traffic", "Manage what is deployed"

# Each command with the heading that it stands below in `yard --help`, in the order of a model's life. A command is a
# function of its module; one with subcommands is that module's own app.
COMMANDS: tuple[tuple[str, Callable[..., object] | typer.Typer], ...] = (
    (KEEP, status.status),
    (LIFE, new.new),
    (LIFE, update.update),
    (LIFE, data.app),
    (LIFE, train.train),
    (LIFE, importing.import_),
    (LIFE, leaderboard.leaderboard),
    (LIFE, logs.logs),
    (LIFE, plot.plot),
    (LIFE, lineage.lineage),
    (LIFE, promote.promote),
    (LIFE, transform.transform),
    (LIFE, invoke.invoke),
    (LIFE, api.api),
    (WATCH, traffic.traffic),
    (WATCH, size.size),
    (WATCH, captures.captures),
    (WATCH, drift.drift),
    (WATCH, limits.limits),
    (WATCH, feedback.feedback),
    (WATCH, baseline.baseline),
    (WATCH, quality.quality),
    (KEEP, plan.plan),
    (KEEP, quota.quota),
    (KEEP, verify.verify),
    (KEEP, cost.cost),
    (KEEP, certify.app),
    (KEEP, pause.pause),
    (KEEP, resume.resume),
    (KEEP, teardown.teardown),
)

fix_help_width()
app = typer.Typer(
    name="yard",
    help="Train, promote, watch and tear down SageMaker models.",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _begin(
    context: typer.Context,
    stage: Stage = "dev",
    region: Region = None,
    models: Models = Project.models,
    as_json: Json = False,  # noqa: FBT002 - typer's flags are parameters
) -> None:
    # Without it every model would be one that is deployed and not declared.
    if models != Project.models:
        named_folder(str(models))
    project = Project(stage_name=stage, models=models)
    context.obj = Operator(project=project, aws=Aws(region=region), screen=Screen(as_json=as_json))


for panel, command in COMMANDS:
    if isinstance(command, typer.Typer):
        app.add_typer(command, rich_help_panel=panel)
    else:
        # Python has `import` for itself.
        app.command(command.__name__.rstrip("_"), rich_help_panel=panel)(command)
