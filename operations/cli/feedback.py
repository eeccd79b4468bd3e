"""`yard feedback`."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from modelyard.drift.quality.documents import read_quality_statistics
from modelyard.operations.bucket import DataBucket
from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.captures import Captures
from modelyard.operations.monitoring.monitor import quality_of
from modelyard.operations.monitoring.results import STATISTICS
from modelyard.operations.operator import Operator
from modelyard.operations.quality.ground_truth import GroundTruth, check_labels, read_ground_truth
from modelyard.operations.quality.upload import Uploader, unknown_ids, uploader_of
from modelyard.operations.scoring.request import read_body
from modelyard.operations.screen.words import counted

Source = Annotated[str, typer.Argument(metavar="FILE|-", help="An id and a label a line: CSV, or JSON.")]
Check = Annotated[bool, typer.Option("--check", help="Look up every id among the captures first.")]


def feedback(context: typer.Context, model: Model, source: Source, check: Check = False) -> int:  # noqa: FBT002 - typer's flags are parameters
    """Tell what proved true of answers.

    Ends with 1 if --check finds an id that no captured request has; nothing is told then.
    """
    operator = operator_of(context)
    deployment = operator.deployment(model)
    uploader = uploader_of(deployment)
    records = read_ground_truth(read_body(source).decode("utf-8", errors="replace"), source=source)
    _check_labels(records, deployment=deployment, source=source)
    unknown = unknown_ids(records, captures=_captures(operator, deployment=deployment)) if check else []
    if unknown:
        document = {"unknown": unknown, "records": len(records)}
        shown = f"{len(unknown)} of {counted(len(records), 'id')} are of no captured request, such as {unknown[0]}"
        operator.screen.emit(document, rendered=[f"{shown}; nothing was told"])
        return 1
    _upload(operator, uploader=uploader, records=records)
    return 0


def _upload(operator: Operator, *, uploader: Uploader, records: list[GroundTruth]) -> None:
    upload = uploader.upload(records, now=operator.aws.now())
    before = ", told before" if upload.again else ""
    operator.screen.emit(
        {"key": upload.key, "records": upload.records, "again": upload.again},
        rendered=[f"{counted(upload.records, 'record')} at {uploader.bucket.uri(upload.key)}{before}"],
    )


def _captures(operator: Operator, *, deployment: Deployment) -> Captures:
    return Captures(bucket=operator.bucket(deployment), prefix=deployment.output("serving", "CapturePrefix"))


def _check_labels(records: list[GroundTruth], *, deployment: Deployment, source: str) -> None:
    """Held against what is declared; against the baseline's classes where one is deployed."""
    monitoring = deployment.model.monitoring
    if monitoring is None or monitoring.quality is None:
        return
    check_labels(records, quality=monitoring.quality, classes=_classes(deployment), source=source)


def _classes(deployment: Deployment) -> list[str]:
    """The classes that the deployed baseline knows; none where there is no baseline yet."""
    try:
        monitor = quality_of(deployment)
    except Failure:
        return []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / STATISTICS
        bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
        content = bucket.read(f"{monitor.baseline}/{STATISTICS}")
        if content is None:
            return []
        file.write_bytes(content)
        confusion = read_quality_statistics(path=file).confusion_matrix
        return [] if confusion is None else [*confusion]
