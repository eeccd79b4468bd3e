"""`yard update`."""

from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import operator_of
from modelyard.operations.project import ROOT
from modelyard.operations.project_template.updating import update_project
from modelyard.operations.project_template.writing import release
from modelyard.operations.screen.table import Table

CONFLICTS = 2
Wheels = Annotated[
    Path | None,
    typer.Option(
        "--wheels", metavar="FOLDER", help="Modelyard's wheels, for a release that is not on a package index."
    ),
]


def update(context: typer.Context, wheels: Wheels = None) -> int:
    """Update a project to this release, as a change to review.

    Your changes are merged with the release's; models/, training_scripts/, data/, stacks/, tests/, stages.toml and
    README.md are yours and stay as they are. Exits with 2 if there are conflicts, which are marked in the files.
    """
    screen = operator_of(context).screen
    changes = update_project(ROOT, version=release(), wheels=wheels)
    rows = tuple((change.file, change.what, change.conflicts) for change in changes)
    screen.table(Table(columns=("file", "what", "conflicts"), rows=rows, title=f"Modelyard {release()}"))
    conflicts = sum(change.conflicts for change in changes)
    if conflicts:
        screen.note(f"{conflicts} conflicts; decide each, between <<<<<<< and >>>>>>>, then look at the whole change")
    screen.next_step("git diff, then make setup and yard plan")
    return CONFLICTS if conflicts else 0
