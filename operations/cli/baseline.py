"""`yard baseline`."""

from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.monitoring.monitor import quality_declared
from modelyard.operations.promotion.limits import write_quality_limits
from modelyard.operations.promotion.promote import rewrite
from modelyard.operations.promotion.toml_lines import Edit
from modelyard.operations.quality.answers import answered, check_labelled
from modelyard.operations.quality.baseline import labelled_data, make_baseline
from modelyard.operations.scoring.request import Request, invoke
from modelyard.operations.screen.diff import render_diff
from modelyard.operations.traffic.endpoint import answering

File = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="As [data] says, else CSV with the label first; default: the validation data."),
]
Rows = Annotated[int, typer.Option("--rows", min=1, help="How many records to send.")]


def baseline(context: typer.Context, model: Model, file: File = None, rows: Rows = 1000) -> None:
    """Create the baseline of model quality.

    Sends labelled data to the endpoint, measures its predictions, and writes the baseline into the manifest.
    """
    # The analyzer's compiled code takes as long as everything else that `yard --help` imports.
    from modelyard.operations.quality.suggestion import suggested_limits

    operator = operator_of(context)
    deployment = operator.deployment(model)
    quality, source = quality_declared(deployment), labelled_data(deployment, file=file, most=rows)
    found = source.records
    check_labelled(found, quality=quality, answer=deployment.model.answer, source=source.name)

    endpoint = answering(aws=operator.aws, name=deployment.endpoint).name
    operator.aws.client("sagemaker-runtime")  # made once, before the threads ask for it

    def send(body: bytes) -> str:
        declared = deployment.model
        request = Request(body=body, content_type=declared.request_type, accept=declared.accept)
        return invoke(aws=operator.aws, endpoint=endpoint, request=request).body.decode(errors="replace")

    with operator.screen.bar(what="ask", total=len(found), unit="records") as bar:
        table = answered(found, quality=quality, send=send, seen=bar.advance)
    with operator.screen.live() as view:
        made = make_baseline(
            deployment, table=table, seen=lambda word: view.update(rendered=word, line=f"baseline: {word}")
        )

    suggested = {} if quality.limits else suggested_limits(table, quality=quality)
    made = write_quality_limits(made, model=deployment.model, bucket=operator.bucket(deployment))
    manifest = operator.project.file_of(deployment.model)
    shown = rewrite(file=manifest, changes=[Edit(table="monitoring.quality", key="baseline", value=made)])
    document = {"baseline": made, "suggested_limits": suggested, "diff": shown}
    operator.screen.emit(document, rendered=[render_diff(shown)])
    if suggested:
        operator.screen.note("Every other check is worse than its baseline by chance. Limits that allow for that:")
        lines = [f"    {metric} = {limit:.12g}" for metric, limit in suggested.items()]
        operator.screen.notes(["    [monitoring.quality.limits]", *lines])
        operator.screen.note(f"Write them into {manifest} and run: yard limits {deployment.model.name}")
    flag = "" if deployment.stage == "dev" else f" -c stage={deployment.stage}"
    operator.screen.next_step(f"cdk diff{flag}, then cdk deploy {deployment.name_of('monitoring')}{flag}")
