"""`yard feedback`."""

from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.monitoring.captures import Captures
from modelyard.operations.quality.classes import baseline_classes
from modelyard.operations.quality.ground_truth import check_labels, read_ground_truth
from modelyard.operations.quality.upload import unknown_ids, uploader_of
from modelyard.operations.scoring.request import read_body
from modelyard.operations.screen.words import counted

Source = Annotated[str, typer.Argument(metavar="FILE|-", help="An id and a label in each line, as CSV or JSON.")]
Check = Annotated[bool, typer.Option("--check", help="First check that every id was captured.")]


def feedback(context: typer.Context, model: Model, source: Source, check: Check = False) -> int:  # noqa: FBT002 - typer's flags are parameters
    """Upload ground truth: the labels that became known.

    Exits with 1 if --check finds an id that no captured request has; nothing is uploaded then.
    """
    operator = operator_of(context)
    deployment = operator.deployment(model)
    uploader = uploader_of(deployment)
    records = read_ground_truth(read_body(source).decode("utf-8", errors="replace"), source=source)
    monitoring = deployment.model.monitoring
    if monitoring is not None and monitoring.quality is not None:
        check_labels(records, quality=monitoring.quality, classes=baseline_classes(deployment), source=source)
    if check:
        prefix = deployment.output("serving", "CapturePrefix")
        unknown = unknown_ids(records, captures=Captures(bucket=operator.bucket(deployment), prefix=prefix))
        if unknown:
            shown = f"{len(unknown)} of {counted(len(records), 'id')} are of no captured request, such as {unknown[0]}"
            document = {"unknown": unknown, "records": len(records)}
            operator.screen.emit(document, rendered=[f"{shown}; nothing was uploaded"])
            return 1
    upload = uploader.upload(records, now=operator.aws.now())
    before = ", uploaded before" if upload.again else ""
    operator.screen.emit(
        {"key": upload.key, "records": upload.records, "again": upload.again},
        rendered=[f"{counted(upload.records, 'record')} at {uploader.bucket.uri(upload.key)}{before}"],
    )
    return 0
