"""`yard invoke`."""

from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.scoring.request import Request, content_type_of, read_body
from modelyard.operations.scoring.request import invoke as send
from modelyard.operations.traffic.endpoint import answering

Source = Annotated[
    str, typer.Argument(metavar="FILE", help="The request body; - reads standard input.", show_default=False)
]
ContentType = Annotated[
    str | None, typer.Option("--content-type", help="Media type of the body; default: by the file's name.")
]
Accept = Annotated[
    str | None,
    typer.Option("--accept", help="Media type of the response; default: what the model answers, else the body's."),
]
Variant = Annotated[str | None, typer.Option("--variant", metavar="NAME", help="The variant that should respond.")]


def invoke(
    context: typer.Context,
    model: Model,
    file: Source,
    content_type: ContentType = None,
    accept: Accept = None,
    variant: Variant = None,
) -> None:
    """Send one request to the endpoint."""
    operator = operator_of(context)
    body = read_body(file)
    deployment = operator.deployment(model)
    endpoint = answering(aws=operator.aws, name=deployment.endpoint)
    accept = accept if accept is not None else deployment.model.accept
    kind = content_type if content_type is not None else content_type_of(file)
    request = Request(body=body, content_type=kind, accept=accept, variant=variant)
    answer = send(aws=operator.aws, endpoint=endpoint.name, request=request)
    text = answer.body.decode(errors="replace").rstrip("\n")
    document = {
        "body": text,
        "content_type": answer.content_type,
        "variant": answer.variant,
        "milliseconds": round(answer.milliseconds, 1),
    }
    if operator.screen.as_json:
        operator.screen.emit(document, rendered=[])
    else:
        operator.screen.line(text)
        operator.screen.note(f"{answer.variant} answered in {answer.milliseconds:.0f} ms")
