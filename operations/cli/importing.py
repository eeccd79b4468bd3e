"""`yard import`."""

from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.importing.archive import check_archive, fetched
from modelyard.operations.screen.table import Table

Archive = Annotated[
    str, typer.Argument(metavar="ARCHIVE", help="A model.tar.gz, its s3:// URI, or a model package's ARN.")
]
BaselineData = Annotated[
    Path | None,
    typer.Option(
        "--baseline-data",
        metavar="PATH",
        help="The training data, with a header and the label first; default: the sample that [data] names.",
    ),
]
Trial = Annotated[str, typer.Option("--trial", metavar="NAME", help="What to call it among the model's trials.")]


def import_(
    context: typer.Context,
    model: Model,
    archive: Archive,
    baseline_data: BaselineData = None,
    trial: Trial = "imported",
) -> None:
    """Import a model trained elsewhere.

    The archive is checked before anything is sent; what is there already is not sent again.
    """
    # The analyzer's compiled code takes as long as everything else that `yard --help` imports.
    from modelyard.operations.importing.importing import prepared

    operator = operator_of(context)
    deployment = operator.deployment(model)
    with fetched(archive, aws=operator.aws) as found:
        check_archive(found, model=deployment.model)
        with (
            prepared(deployment, archive=found, trial=trial, baseline_data=baseline_data) as made,
            operator.screen.bar(what="upload", total=found.file.stat().st_size, unit="bytes") as bar,
        ):
            sent = made.send(sent=bar.advance)
    document = {"run": made.run, "trial": trial, "model": made.artifact, "sha256": made.digest, "sent": sent}
    operator.screen.emit(document, rendered=[Table(columns=("sent",), rows=tuple((one,) for one in sent)).rendered])
    if not sent:
        operator.screen.note("all of it was there already")
    for column in made.broken:
        operator.screen.note(f"The data do not keep to their own baseline: {column.sentence}")
    operator.screen.next_step(f"yard promote {deployment.model.name} --run {made.run}")
