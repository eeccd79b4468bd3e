"""`yard feedback` and `yard baseline`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from modelyard.drift.quality.documents import read_quality_statistics
from modelyard.operations.bucket import DataBucket
from modelyard.operations.cli.options import Model, operator
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.monitoring.captures import Captures
from modelyard.operations.monitoring.monitor import quality_declared, quality_of
from modelyard.operations.monitoring.results import STATISTICS
from modelyard.operations.operator import Operator
from modelyard.operations.promotion.promote import diff, write_whole
from modelyard.operations.promotion.toml_lines import Edit
from modelyard.operations.quality.answers import answered, check_labelled
from modelyard.operations.quality.baseline import labelled_data, make_baseline
from modelyard.operations.quality.telling import Teller, teller_of, unknown_ids
from modelyard.operations.quality.truths import Truth, check_labels, read_truths
from modelyard.operations.scoring.request import Request, invoke, read_body
from modelyard.operations.screen.diff import drawn_diff
from modelyard.operations.screen.words import counted
from modelyard.operations.traffic.bodies import labelled
from modelyard.operations.traffic.endpoint import answering

Source = Annotated[str, typer.Argument(metavar="FILE|-", help="An id and a label a line: CSV, or JSON.")]
Check = Annotated[bool, typer.Option("--check", help="Look up every id among the captures first.")]
File = Annotated[Path | None, typer.Argument(metavar="FILE", help="CSV, the label first; else the validation data.")]
Rows = Annotated[int, typer.Option("--rows", min=1, help="How many of them to ask the endpoint.")]

MEDIA_TYPE = "text/csv"


def feedback(context: typer.Context, model: Model, source: Source, check: Check = False) -> int:  # noqa: FBT002 - typer's flags are parameters
    """Tell what proved true of answers.

    Ends with 1 if --check finds an id that no captured request has; nothing is told then.
    """
    given = operator(context)
    deployment = given.deployment(model)
    teller = teller_of(deployment)
    truths = read_truths(read_body(source).decode("utf-8", errors="replace"), source=source)
    _check_labels(truths, deployment=deployment, source=source)
    unknown = unknown_ids(truths, captures=_captures(given, deployment=deployment)) if check else []
    if unknown:
        document = {"unknown": unknown, "records": len(truths)}
        shown = f"{len(unknown)} of {counted(len(truths), 'id')} are of no captured request, such as {unknown[0]}"
        given.screen.give(document, drawn=[f"{shown}; nothing was told"])
        return 1
    tell(given, teller=teller, truths=truths)
    return 0


def tell(operator: Operator, *, teller: Teller, truths: list[Truth]) -> None:
    """Tell it, and say where it lies."""
    told = teller.tell(truths, now=operator.aws.now())
    before = ", told before" if told.again else ""
    document = {"key": told.key, "records": told.records, "again": told.again}
    place = teller.bucket.uri(told.key)
    operator.screen.give(document, drawn=[f"{counted(told.records, 'record')} at {place}{before}"])


def baseline(context: typer.Context, model: Model, file: File = None, rows: Rows = 1000) -> None:
    """Make the baseline of the answers' quality.

    Asks the endpoint labelled data, has the answers measured, and writes the line into the manifest.
    """
    given = operator(context)
    deployment = given.deployment(model)
    quality_declared(deployment)
    table = _asked(given, deployment=deployment, file=file, rows=rows)
    with given.screen.live() as view:
        made = make_baseline(
            deployment, table=table, seen=lambda word: view.update(drawn=word, line=f"baseline: {word}")
        )
    _write(given, deployment=deployment, made=made)
    flag = "" if deployment.stage == "dev" else f" -c stage={deployment.stage}"
    given.screen.next_step(f"cdk diff{flag}, then cdk deploy {deployment.name_of('monitoring')}{flag}")


def _asked(operator: Operator, *, deployment: Deployment, file: Path | None, rows: int) -> str:
    """The table of labels and answers."""
    quality, source = quality_declared(deployment), labelled_data(deployment, file=file)
    found = labelled(source.content, source=source.name, most=rows)
    check_labelled(found, quality=quality, source=source.name)
    endpoint = answering(aws=operator.aws, name=deployment.endpoint).name
    operator.aws.client("sagemaker-runtime")  # made once, before the threads ask for it

    def send(body: bytes) -> str:
        request = Request(body=body, content_type=MEDIA_TYPE)
        return invoke(aws=operator.aws, endpoint=endpoint, request=request).body.decode(errors="replace")

    with operator.screen.bar(what="ask", total=len(found), unit="records") as bar:
        return answered(found, quality=quality, send=send, seen=bar.advance)


def _write(operator: Operator, *, deployment: Deployment, made: str) -> None:
    file = operator.project.file_of(deployment.model)
    before = file.read_text(encoding="utf-8")
    after = Edit(table="monitoring.quality", key="baseline", value=made).apply(before)
    write_whole(file=file, text=after)
    shown = diff(file=file, before=before, after=after)
    operator.screen.give({"baseline": made, "diff": shown}, drawn=[drawn_diff(shown)])


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
        confusion = read_quality_statistics(path=file).confusion_matrix
        return [] if confusion is None else [*confusion]
