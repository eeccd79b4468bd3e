"""`yard transform`."""

from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.executions import Execution
from modelyard.operations.operator import Operator
from modelyard.operations.scoring.transform import Transform, preview, transform_of

File = Annotated[Path, typer.Argument(metavar="FILE", help="The records to score.", show_default=False)]
Output = Annotated[Path, typer.Option("--output", help="The folder for what comes back.")]
Rows = Annotated[int, typer.Option("--rows", min=0, help="How many lines to show.")]


def transform(context: typer.Context, model: Model, file: File, output: Output = Path(), rows: Rows = 10) -> None:
    """Score a file by a batch transform."""
    operator = operator_of(context)
    work = transform_of(deployment=operator.deployment(model), file=file)
    scored = work.fetch(execution=_run(operator, work=work), folder=output)
    shown = preview(source=file, scored=scored, rows=rows)
    operator.screen.emit({"run": work.run, "output": str(scored), "preview": shown.records}, rendered=[shown.rendered])


def _run(operator: Operator, *, work: Transform) -> Execution:
    machine, size = work.machine, work.file.stat().st_size
    with operator.screen.bar(what="upload", total=size, unit="bytes") as bar:
        arn = work.start(sent=bar.advance)
    try:
        with operator.screen.live() as view:

            def seen(execution: Execution) -> None:
                view.update(
                    rendered=f"transform {work.run}: {execution.status}",
                    line=f"transform {work.run}: {execution.status}",
                )

            return machine.follow(arn, seen=seen)
    except KeyboardInterrupt:
        machine.stop(arn, cause="Interrupted by the operator")
        operator.screen.note(f"Stopped the transform {work.run}")
        raise
