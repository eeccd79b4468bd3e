"""`yard transform` and `yard invoke`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator
from modelyard.operations.executions import Execution
from modelyard.operations.operator import Operator
from modelyard.operations.scoring.request import Answer, Request, content_type_of, read_body
from modelyard.operations.scoring.request import invoke as send
from modelyard.operations.scoring.transform import Transform, preview, transform_of
from modelyard.operations.traffic.endpoint import answering

File = Annotated[Path, typer.Argument(metavar="FILE", help="The records to score.", show_default=False)]
Source = Annotated[
    str, typer.Argument(metavar="FILE", help="The body of the request, - for the standard input.", show_default=False)
]
Output = Annotated[Path, typer.Option("--output", help="The folder for what comes back.")]
Rows = Annotated[int, typer.Option("--rows", min=0, help="How many lines to show.")]
ContentType = Annotated[
    str | None, typer.Option("--content-type", help="The body's media type; else by the file's name.")
]
Accept = Annotated[str | None, typer.Option("--accept", help="The media type of the answer; else the body's.")]
Variant = Annotated[str | None, typer.Option("--variant", metavar="NAME", help="The variant that is to answer.")]


def transform(context: typer.Context, model: Model, file: File, output: Output = Path(), rows: Rows = 10) -> None:
    """Score a file by a batch transform."""
    given = operator(context)
    work = transform_of(deployment=given.deployment(model), file=file)
    scored = work.fetch(execution=_run(given, work=work), folder=output)
    shown = preview(source=file, scored=scored, rows=rows)
    given.screen.give({"run": work.run, "output": str(scored), "preview": shown.records}, drawn=[shown.drawn])


def invoke(
    context: typer.Context,
    model: Model,
    file: Source,
    content_type: ContentType = None,
    accept: Accept = None,
    variant: Variant = None,
) -> None:
    """Send one request to the endpoint."""
    given = operator(context)
    body = read_body(file)
    endpoint = answering(aws=given.aws, name=given.deployment(model).endpoint)
    kind = content_type if content_type is not None else content_type_of(file)
    request = Request(body=body, content_type=kind, accept=accept, variant=variant)
    _show(given, send(aws=given.aws, endpoint=endpoint.name, request=request))


def _run(operator: Operator, *, work: Transform) -> Execution:
    machine, size = work.machine, work.file.stat().st_size
    with operator.screen.bar(what="upload", total=size, unit="bytes") as bar:
        arn = work.start(sent=bar.advance)
    try:
        with operator.screen.live() as view:

            def seen(execution: Execution) -> None:
                view.update(
                    drawn=f"transform {work.run}: {execution.status}", line=f"transform {work.run}: {execution.status}"
                )

            return machine.follow(arn, seen=seen)
    except KeyboardInterrupt:
        machine.stop(arn, cause="Interrupted by the operator")
        operator.screen.note(f"Stopped the transform {work.run}")
        raise


def _show(operator: Operator, answer: Answer) -> None:
    text = answer.body.decode(errors="replace").rstrip("\n")
    document = {
        "body": text,
        "content_type": answer.content_type,
        "variant": answer.variant,
        "milliseconds": round(answer.milliseconds, 1),
    }
    if operator.screen.as_json:
        operator.screen.give(document, drawn=[])
    else:
        operator.screen.line(text)
        operator.screen.note(f"{answer.variant} answered in {answer.milliseconds:.0f} ms")
