"""`yard new`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import operator_of
from modelyard.operations.failures import Failure
from modelyard.operations.project_template.table import read_header, read_table
from modelyard.operations.project_template.writing import (
    Answers,
    check_empty,
    check_region,
    model_name,
    release,
    write_project,
)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write the project: a new or an empty folder.")]
Csv = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="A table with a header, or an augmented manifest."),
]
Label = Annotated[str | None, typer.Option("--label", metavar="COLUMN", help="The column to predict.")]
Wheels = Annotated[
    Path | None,
    typer.Option(
        "--wheels", metavar="FOLDER", help="Modelyard's wheels, for a release that is not on a package index."
    ),
]


def new(
    context: typer.Context,
    folder: Folder,
    csv: Csv = None,
    label: Label = None,
    wheels: Wheels = None,
) -> None:
    """Create a project: a CDK app for a CSV file.

    On a terminal it asks for what is missing: the CSV file, the label, the region (--region, written to stages.toml).
    The model is named after the file. The task is regression if the label is a number with fractions or with more than
    20 values, otherwise classification. Cells may be empty; rows without a label are left out.
    """
    operator = operator_of(context)
    check_empty(folder)
    file = csv if csv is not None else Path(_ask("--csv", question="The CSV file"))
    header = read_header(file, label=label)
    column = label if label is not None else _ask("--label", question=f"The label ({', '.join(header)})")
    table = read_table(file, label=column)
    region = operator.aws.named_region
    if region is None and sys.stdin.isatty():
        region = typer.prompt("The region (empty: as the AWS CLI is set up)", default="", show_default=False)
    if region:
        check_region(region)
    answers = Answers(
        model=model_name(file),
        label=column,
        task=table.task,
        version=release(),
        region=region if region else None,
        wheels=wheels is not None,
    )
    names = write_project(folder, answers=answers, table=table, wheels=wheels)
    operator.screen.note(f"{folder}: {len(names)} files for {answers.model}, a {table.task} of {column}")
    for name in table.left_out:
        operator.screen.note(f"{name}: a column without any value, left out")
    if table.unlabelled:
        operator.screen.note(f"{table.unlabelled} rows have no {column}, and are left out")
    operator.screen.next_step(f"cd {folder} && make rehearse")


def _ask(option: str, *, question: str) -> str:
    """An answer on the terminal.

    Raises:
        Failure: nobody is there to answer.
    """
    if not sys.stdin.isatty():
        raise Failure(f"{option} must be given where there is no terminal to ask on; see yard new --help")
    return str(typer.prompt(question))
