"""`yard data`."""

from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.data.examples import datasets_of
from modelyard.operations.data.pushing import left_out, planned, send
from modelyard.operations.operator import Operator
from modelyard.operations.screen.table import Table

app = typer.Typer(name="data", help="Upload a model's datasets.", no_args_is_help=True)

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="FOLDER", help="With train/, …; default: data/MODEL or the example's.", show_default=False),
]


@app.callback()
def _group() -> None:
    """Keep `push` a command of its own, also while it is the only one."""


@app.command()
def push(context: typer.Context, model: Model, folder: Folder = None) -> None:
    """Upload the datasets that the manifest names.

    Files that are in the bucket already are not sent again. Repeat an interrupted upload: the file that was being sent
    starts again from its beginning.
    """
    if folder is not None:
        _push(operator_of(context), model=model, folder=folder)
        return
    with datasets_of(operator_of(context).project.model(model)) as found:
        _push(operator_of(context), model=model, folder=found)


def _push(operator: Operator, *, model: str, folder: Path) -> None:
    deployment = operator.deployment(model)
    bucket = operator.bucket(deployment)
    pushes = planned(model=deployment.model, folder=folder, bucket=bucket)
    waiting = sum(push.size for push in pushes if not push.there)
    with operator.screen.bar(what="upload", total=waiting, unit="bytes") as bar:
        send(pushes, bucket=bucket, sent=bar.advance)
    rows = tuple((push.key, push.size, "was there" if push.there else "uploaded") for push in pushes)
    operator.screen.table(Table(columns=("object", "bytes", "state"), rows=rows, title=bucket.uri("")))
    for name in left_out(model=deployment.model, folder=folder):
        operator.screen.note(f"{name}: no dataset of the manifest, left here")
    operator.screen.next_step(f"yard train {model} --wait")
