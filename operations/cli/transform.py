"""`yard transform`."""

from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.executions import Execution
from modelyard.operations.scoring.transform import preview, transform_of

File = Annotated[Path, typer.Argument(metavar="FILE", help="The records to score.", show_default=False)]
Output = Annotated[Path, typer.Option("--output", help="Folder for the results.")]
Rows = Annotated[int, typer.Option("--rows", min=0, help="How many results to show.")]


def transform(context: typer.Context, model: Model, file: File, output: Output = Path(), rows: Rows = 10) -> None:
    """Score a file with a batch transform."""
    operator = operator_of(context)
    work = transform_of(deployment=operator.deployment(model), file=file)
    with operator.screen.bar(what="upload", total=file.stat().st_size, unit="bytes") as bar:
        arn = work.start(sent=bar.advance)
    try:
        with operator.screen.live() as view:

            def seen(execution: Execution) -> None:
                line = f"transform {work.run}: {execution.status}"
                view.update(rendered=line, line=line)

            execution = work.machine.follow(arn, seen=seen)
    except KeyboardInterrupt:
        work.machine.stop(arn, cause="Interrupted by the operator")
        operator.screen.note(f"Stopped the transform {work.run}")
        raise
    scored = work.fetch(execution=execution, folder=output)
    shown = preview(source=file, scored=scored, batch=work.batch, rows=rows)
    operator.screen.emit({"run": work.run, "output": str(scored), "preview": shown.records}, rendered=[shown.rendered])
