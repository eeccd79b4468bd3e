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
    typer.Option("--wheels", metavar="FOLDER", help="Modelyard's wheels, for a release that is on no package index."),
]


def update(context: typer.Context, wheels: Wheels = None) -> int:
    """Bring this release into a project, to review.

    What you changed is merged with what the release changed; models/, training_scripts/, data/, stacks/, tests/,
    stages.toml and README.md are yours. Ends with 2 when there are conflicts, which are marked in the files.
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
