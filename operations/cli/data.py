"""`yard data`."""

import dataclasses
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.data.describing import as_toml, described, with_data
from modelyard.operations.data.elsewhere import places_of
from modelyard.operations.data.examples import datasets_of
from modelyard.operations.data.pushing import left_out, planned, send, unread
from modelyard.operations.operator import Operator
from modelyard.operations.promotion.promote import diff, write_whole
from modelyard.operations.screen.diff import render_diff
from modelyard.operations.screen.table import Table

app = typer.Typer(name="data", help="Describe a model's data, and upload them.", no_args_is_help=True)

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="FOLDER", help="With train/, …; default: data/MODEL.", show_default=False),
]
File = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, JSON lines, Parquet or an augmented manifest.", show_default=False)
]
Label = Annotated[str | None, typer.Option("--label", metavar="NAME", help="The column to predict.")]
Written = Annotated[
    str | None, typer.Option("--model", metavar="MODEL", help="Write the table into this model's manifest.")
]


@app.command()
def describe(context: typer.Context, file: File, label: Label = None, model: Written = None) -> None:
    """Print the [data] table of a manifest for a file.

    It says on the standard error what it has decided, and why.
    """
    operator = operator_of(context)
    found = described(file, label=label)
    operator.screen.notes(found.decisions)
    document = dataclasses.asdict(found.data)
    if model is None:
        # To be pasted: a table of the screen would be wrapped.
        operator.screen.emit(document, rendered=[])
        if not operator.screen.as_json:
            operator.screen.line(as_toml(found.data).rstrip())
        return
    manifest = operator.project.file_of(operator.project.model(model))
    before = manifest.read_text(encoding="utf-8")
    after = with_data(before, data=found.data, file=manifest)
    write_whole(file=manifest, text=after)
    shown = diff(file=manifest, before=before, after=after)
    operator.screen.emit({**document, "diff": shown}, rendered=[render_diff(shown)])
    operator.screen.next_step(f"yard data push {model}")


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
    places = places_of(deployment.model, bucket=bucket)
    with tempfile.TemporaryDirectory() as work:
        plan = planned(model=deployment.model, folder=folder, bucket=bucket, into=Path(work))
        operator.screen.notes(plan.notes)
        waiting = sum(push.size for push in plan.pushes if not push.there)
        with operator.screen.bar(what="upload", total=waiting, unit="bytes") as bar:
            send(plan.pushes, bucket=bucket, sent=bar.advance)
    rows = tuple((push.key, push.size, "was there" if push.there else "uploaded") for push in plan.pushes)
    operator.screen.table(Table(columns=("object", "bytes", "state"), rows=rows, title=bucket.uri("")))
    for key, place in places.items():
        operator.screen.note(f"{key}: {place} was left alone, and its rows were not looked at")
    for name in unread(model=deployment.model, folder=folder):
        operator.screen.note(f"{name}: its rows were not looked at, for its name is not of the format of [data]")
    for name in left_out(model=deployment.model, folder=folder):
        operator.screen.note(f"{name}: no dataset of the manifest, left here")
    operator.screen.next_step(f"yard train {model} --wait")
