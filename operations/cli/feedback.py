"""`yard feedback`."""

from __future__ import annotations

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
from modelyard.operations.quality.telling import Teller, teller_of, unknown_ids
from modelyard.operations.quality.truths import Truth, check_labels, read_truths
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
    teller = teller_of(deployment)
    truths = read_truths(read_body(source).decode("utf-8", errors="replace"), source=source)
    _check_labels(truths, deployment=deployment, source=source)
    unknown = unknown_ids(truths, captures=_captures(operator, deployment=deployment)) if check else []
    if unknown:
        document = {"unknown": unknown, "records": len(truths)}
        shown = f"{len(unknown)} of {counted(len(truths), 'id')} are of no captured request, such as {unknown[0]}"
        operator.screen.emit(document, rendered=[f"{shown}; nothing was told"])
        return 1
    tell(operator, teller=teller, truths=truths)
    return 0


def tell(operator: Operator, *, teller: Teller, truths: list[Truth]) -> None:
    """Tell it, and say where it lies."""
    told = teller.tell(truths, now=operator.aws.now())
    before = ", told before" if told.again else ""
    document = {"key": told.key, "records": told.records, "again": told.again}
    place = teller.bucket.uri(told.key)
    operator.screen.emit(document, rendered=[f"{counted(told.records, 'record')} at {place}{before}"])


def _captures(operator: Operator, *, deployment: Deployment) -> Captures:
    return Captures(bucket=operator.bucket(deployment), prefix=deployment.output("serving", "CapturePrefix"))


def _check_labels(truths: list[Truth], *, deployment: Deployment, source: str) -> None:
    """Held against what is declared; against the baseline's classes where one is deployed."""
    monitoring = deployment.model.monitoring
    if monitoring is None or monitoring.quality is None:
        return
    check_labels(truths, quality=monitoring.quality, classes=_classes(deployment), source=source)


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
        confusion = read_quality_statistics(path=file).confusion
        return [] if confusion is None else [*confusion]
