"""The app: the list of its commands, and the options that all of them share."""

import pkgutil
from collections.abc import Iterator, Mapping

import typer
from typer.main import get_group

from modelyard.manifest.reading import named_folder
from modelyard.operations.aws import Aws
from modelyard.operations.cli.options import Json, Models, Region, Stage
from modelyard.operations.operator import Operator
from modelyard.operations.project import Project
from modelyard.operations.screen.screen import Screen
from modelyard.shared.console import fix_help_width

LIFE, WATCH, KEEP = "Train and use a model", "Watch its traffic", "Manage what is deployed"

# Each command with the heading that it stands below in `yard --help`, in the order of a model's life, and the place of
# its function, or of the app of one that has subcommands.
COMMANDS = {
    "status": (KEEP, "status:status"),
    "new": (LIFE, "new:new"),
    "update": (LIFE, "update:update"),
    "data": (LIFE, "data:app"),
    "train": (LIFE, "train:train"),
    "import": (LIFE, "importing:import_"),
    "leaderboard": (LIFE, "leaderboard:leaderboard"),
    "logs": (LIFE, "logs:logs"),
    "plot": (LIFE, "plot:plot"),
    "lineage": (LIFE, "lineage:lineage"),
    "promote": (LIFE, "promote:promote"),
    "propose": (LIFE, "propose:propose"),
    "transform": (LIFE, "transform:transform"),
    "invoke": (LIFE, "invoke:invoke"),
    "api": (LIFE, "api:api"),
    "traffic": (WATCH, "traffic:traffic"),
    "size": (WATCH, "size:size"),
    "captures": (WATCH, "captures:captures"),
    "drift": (WATCH, "drift:drift"),
    "limits": (WATCH, "limits:limits"),
    "label": (WATCH, "label:label"),
    "feedback": (WATCH, "feedback:feedback"),
    "baseline": (WATCH, "baseline:baseline"),
    "quality": (WATCH, "quality:quality"),
    "plan": (KEEP, "plan:plan"),
    "quota": (KEEP, "quota:quota"),
    "verify": (KEEP, "verify:verify"),
    "cost": (KEEP, "cost:cost"),
    "certify": (KEEP, "certify:app"),
    "pause": (KEEP, "pause:pause"),
    "resume": (KEEP, "resume:resume"),
    "teardown": (KEEP, "teardown:teardown"),
}

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


class Commands(Mapping[str, object]):
    """The commands by name, each imported when it is read: one does not wait for what the others need."""

    def __getitem__(self, name: str) -> object:
        panel, place = COMMANDS[name]
        found = pkgutil.resolve_name(f"{__package__}.{place}")
        alone = typer.Typer(rich_markup_mode=app.rich_markup_mode)
        if isinstance(found, typer.Typer):
            alone.add_typer(found, name=name, rich_help_panel=panel)
        else:
            alone.command(name, rich_help_panel=panel)(found)
        return get_group(alone).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)
