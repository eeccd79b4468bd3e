"""The app: which commands there are, in the order of a model's life."""

from __future__ import annotations

import typer

from modelyard.operations.aws import Aws
from modelyard.operations.cli import (
    api,
    clearing,
    costing,
    data,
    looking,
    monitoring,
    new,
    planning,
    promotion,
    quality,
    quotas,
    scoring,
    sizing,
    traffic,
    training,
    update,
    upkeep,
)
from modelyard.operations.cli.options import Json, Models, Region, Stage
from modelyard.operations.operator import Operator
from modelyard.operations.project import Project
from modelyard.operations.screen.console import fix_help_width
from modelyard.operations.screen.screen import Screen

LIFE, WATCH, KEEP = "The life of a model", "Its traffic", "What is deployed"

fix_help_width()
app = typer.Typer(
    name="yard",
    help="The life of SageMaker models, found by the outputs of their stacks.",
    rich_markup_mode="rich",
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
    project = Project(stage_name=stage, models=models)
    context.obj = Operator(project=project, aws=Aws(region=region), screen=Screen(as_json=as_json))


app.command(rich_help_panel=KEEP)(upkeep.status)
app.command(rich_help_panel=LIFE)(new.new)
app.command(rich_help_panel=LIFE)(update.update)
app.add_typer(data.app, name="data", rich_help_panel=LIFE)
app.command(rich_help_panel=LIFE)(training.train)
app.command(rich_help_panel=LIFE)(training.leaderboard)
app.command(rich_help_panel=LIFE)(looking.plot)
app.command(rich_help_panel=LIFE)(looking.lineage)
app.command(rich_help_panel=LIFE)(promotion.promote)
app.command(rich_help_panel=LIFE)(scoring.transform)
app.command(rich_help_panel=LIFE)(scoring.invoke)
app.command(rich_help_panel=LIFE)(api.api)
app.command(rich_help_panel=WATCH)(traffic.traffic)
app.command(rich_help_panel=WATCH)(sizing.size)
app.command(rich_help_panel=WATCH)(monitoring.captures)
app.command(rich_help_panel=WATCH)(monitoring.drift)
app.command(rich_help_panel=WATCH)(quality.feedback)
app.command(rich_help_panel=WATCH)(quality.baseline)
app.command(rich_help_panel=WATCH)(monitoring.quality)
app.command(rich_help_panel=KEEP)(planning.plan)
app.command(rich_help_panel=KEEP)(quotas.quota)
app.command(rich_help_panel=KEEP)(upkeep.verify)
app.command(rich_help_panel=KEEP)(costing.cost)
app.command(rich_help_panel=KEEP)(monitoring.pause)
app.command(rich_help_panel=KEEP)(monitoring.resume)
app.command(rich_help_panel=KEEP)(clearing.teardown)
