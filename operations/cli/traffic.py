"""`yard traffic`."""

import dataclasses
import uuid
from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.operator import Operator
from modelyard.operations.quality.ground_truth import GroundTruth
from modelyard.operations.quality.upload import uploader_of
from modelyard.operations.scoring.request import Request, invoke
from modelyard.operations.screen.table import Table
from modelyard.operations.screen.words import counted
from modelyard.operations.traffic.bodies import Labelled, bodies_of, labelled_of
from modelyard.operations.traffic.endpoint import EndpointState, answering, endpoint_state
from modelyard.operations.traffic.sender import MOST_THREADS, Sender
from modelyard.operations.traffic.statistics import Summary, summarized

Rate = Annotated[float, typer.Option("--rate", min=0.1, max=2000, help="Requests a second.")]
Duration = Annotated[float, typer.Option("--duration", min=0.1, max=86_400, help="Seconds.")]
Drifted = Annotated[bool, typer.Option("--drifted", help="Draw records from a shifted distribution.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="Your own records, one a line.")]
Threads = Annotated[int, typer.Option("--threads", min=1, max=1000, help="Requests in flight at once.")]
ContentType = Annotated[str, typer.Option("--content-type", help="Media type of the records.")]
Feedback = Annotated[bool, typer.Option("--feedback", help="Upload the ground truth afterwards.")]
Labels = Annotated[
    Path | None, typer.Option("--labels", metavar="FILE", help="Write the ground truth to a file, for yard feedback.")
]


LOOK_SECONDS = 1.0
# Describing the endpoint is a call that SageMaker counts: not at every look.
COUNT_EVERY = 5


def traffic(
    context: typer.Context,
    model: Model,
    rate: Rate = 10,
    duration: Duration = 30,
    drifted: Drifted = False,  # noqa: FBT002 - typer's flags are parameters
    data: Data = None,
    threads: Threads = MOST_THREADS,
    content_type: ContentType = "text/csv",
    feedback: Feedback = False,  # noqa: FBT002
    labels: Labels = None,
) -> int:
    """Send records at a rate, and measure the responses.

    Exits with 1 if a request fails. With --feedback or --labels, the first column of --data is the label, which is not
    sent; without --data the labels are known.
    """
    operator = operator_of(context)
    deployment = operator.deployment(model)
    uploader = uploader_of(deployment) if feedback or labels is not None else None
    if uploader is not None:  # with the label of each, where ground truth is to be uploaded
        records = labelled_of(model=deployment.model, file=data, drifted=drifted)
    else:
        bodies = bodies_of(model=deployment.model, file=data, drifted=drifted)
        records = [Labelled(label="", body=body) for body in bodies]
    ground_truth: list[GroundTruth] = []
    endpoint = answering(aws=operator.aws, name=deployment.endpoint)
    operator.aws.client("sagemaker-runtime", connections=threads)  # made once, before the threads ask for it

    def send(record: Labelled) -> str:
        identity = uuid.uuid4().hex if record.label else None
        request = Request(
            body=record.body, content_type=content_type, accept=deployment.model.accept, inference_id=identity
        )
        answer = invoke(aws=operator.aws, endpoint=endpoint.name, request=request, connections=threads)
        if identity is not None:
            ground_truth.append(GroundTruth(id=identity, label=record.label))
        return answer.variant

    sender = Sender(send=send, bodies=records, rate=rate, seconds=duration, threads=threads)
    summary = _watch(operator, sender=sender, endpoint=endpoint)
    instances = endpoint_state(aws=operator.aws, name=endpoint.name).instances
    written = {}
    if labels is not None and ground_truth:
        labels.write_text("".join(f"{record.csv_line}\n" for record in ground_truth), encoding="utf-8")
        written["labels"] = str(labels)
    if feedback and uploader is not None and ground_truth:
        written["feedback"] = uploader.bucket.uri(uploader.upload(ground_truth, now=operator.aws.now()).key)
    operator.screen.emit(
        {**dataclasses.asdict(summary), "instances": instances, **written},
        rendered=[
            _table(summary, instances=instances).rendered,
            *(f"{what}: {where}" for what, where in written.items()),
        ],
    )
    return 1 if summary.failed else 0


def _watch(operator: Operator, *, sender: Sender[Labelled], endpoint: EndpointState) -> Summary:
    looks, state = 0, endpoint
    with operator.screen.live() as view:

        def look() -> None:
            nonlocal looks, state
            looks += 1
            if looks % COUNT_EVERY == 0:
                state = endpoint_state(aws=operator.aws, name=endpoint.name)
            summary = summarized(sender.replies, seconds=sender.elapsed)
            latency = ", ".join(f"{name} {value:.0f} ms" for name, value in summary.latency_ms.items())
            view.update(
                rendered=_table(summary, instances=state.instances).rendered,
                line=f"{summary.requests} requests, {summary.rate:.1f}/s, {latency or 'none answered'}, "
                f"{counted(summary.failed, 'error')}, {counted(state.instances, 'instance')}",
            )

        sender.run(look=look, every=LOOK_SECONDS)
    return summarized(sender.replies, seconds=sender.elapsed)


def _table(summary: Summary, *, instances: int) -> Table:
    latency = tuple(summary.latency_ms.get(name) for name in ("p50", "p95", "p99"))
    answered = ", ".join(f"{name} {count}" for name, count in summary.variants.items())
    row = (summary.requests, summary.rate, *latency, summary.failed, instances, answered)
    columns = ("requests", "a second", "p50 ms", "p95 ms", "p99 ms", "errors", "instances", "answered by")
    errors = ", ".join(f"{name} {count}" for name, count in summary.errors.items())
    return Table(columns=columns, rows=(row,), title=errors)
