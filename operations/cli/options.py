"""Options that every command knows, and the words for those that several have."""

from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.failures import Failure
from modelyard.operations.operator import Operator
from modelyard.operations.project import Project

# Of so few words that `yard --help` fits one screen of 80 by 54.
Stage = Annotated[
    str,
    typer.Option(
        "--stage",
        envvar="YARD_STAGE",
        show_envvar=False,
        show_default=False,
        help="Stage; default: YARD_STAGE, else dev.",
    ),
]
Region = Annotated[str | None, typer.Option("--region", help="Region; default: as for the AWS CLI.")]
Models = Annotated[Path, typer.Option("--models", show_default=False, help="Folder of manifests.")]
Json = Annotated[bool, typer.Option("--json", help="Print results as JSON.")]


def _known_models(incomplete: str) -> list[str]:
    """The models that a shell completes to: those of the repository, for the folder's option is not read yet."""
    return sorted(file.stem for file in Project.models.glob(f"{incomplete}*.toml"))


Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="Name of a model in models/.", show_default=False, autocompletion=_known_models
    ),
]
AnyModel = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL", help="Name of a model; default: all.", show_default=False, autocompletion=_known_models
    ),
]
Head = Annotated[
    Path | None,
    typer.Option("--head", metavar="FOLDER", help="A cloud assembly; default: synthesize the working tree."),
]
Context = Annotated[
    list[str] | None,
    typer.Option("--context", "-c", metavar="KEY=VALUE", help="A context value, as for cdk; may be repeated."),
]
Run = Annotated[str | None, typer.Option("--run", metavar="RUN", help="A run; default: the newest.")]

VALUED = ("--stage", "--region", "--models")
FLAGS = ("--json",)
END_OF_OPTIONS = "--"


def global_options_first(arguments: list[str]) -> list[str]:
    """Return the arguments with those options first that all commands share: they may be written anywhere."""
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == END_OF_OPTIONS:
            return [*first, *rest, argument, *waiting]
        if argument in VALUED:
            first += [argument, *(value for value in [next(waiting, None)] if value is not None)]
        elif argument in FLAGS or argument.partition("=")[0] in VALUED:
            first.append(argument)
        else:
            rest.append(argument)
    return [*first, *rest]


def operator_of(context: typer.Context) -> Operator:
    """The operator that the options before the command describe."""
    found = context.obj
    if not isinstance(found, Operator):
        raise TypeError("the callback of the app makes the operator")
    return found


def context_settings(values: list[str] | None) -> dict[str, str]:
    """Return the values for the app's context that the command line gives.

    Raises:
        Failure: one of them is no KEY=VALUE.
    """
    settings = {}
    for text in values if values is not None else ():
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise Failure(f"--context must be KEY=VALUE, such as model=churn, got {text}")
        settings[key] = value
    return settings
