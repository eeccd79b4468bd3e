"""`yard traffic`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from operations.cli.options import Model, operator
from operations.operator import Operator
from operations.scoring.request import Request, invoke
from operations.screen.table import Table
from operations.screen.words import counted
from operations.traffic.bodies import bodies_of
from operations.traffic.endpoint import EndpointState, answering, endpoint_state
from operations.traffic.sender import MOST_THREADS, Sender
from operations.traffic.statistics import Summary, summarized

Rate = Annotated[float, typer.Option("--rate", min=0.1, max=2000, help="Requests a second.")]
Duration = Annotated[float, typer.Option("--duration", min=0.1, max=86_400, help="Seconds.")]
Drifted = Annotated[bool, typer.Option("--drifted", help="From a population that has moved.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="Records of your own, one a line.")]
Threads = Annotated[int, typer.Option("--threads", min=1, max=1000, help="Requests that may wait at once.")]
ContentType = Annotated[str, typer.Option("--content-type", help="The records' media type.")]


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
) -> int:
    """Send records at a rate, and measure the answers.

    Ends with 1 if a request was not answered well.
    """
    given = operator(context)
    deployment = given.deployment(model)
    bodies = bodies_of(model=deployment.model, file=data, drifted=drifted)
    endpoint = answering(aws=given.aws, name=deployment.endpoint)
    given.aws.client("sagemaker-runtime", connections=threads)  # made once, before the threads ask for it

    def send(body: bytes) -> str:
        request = Request(body=body, content_type=content_type)
        return invoke(aws=given.aws, endpoint=endpoint.name, request=request, connections=threads).variant

    sender = Sender(send=send, bodies=bodies, rate=rate, seconds=duration, threads=threads)
    summary = _watch(given, sender=sender, endpoint=endpoint)
    instances = endpoint_state(aws=given.aws, name=endpoint.name).instances
    given.screen.give(
        {**dataclasses.asdict(summary), "instances": instances}, drawn=[_table(summary, instances=instances).drawn]
    )
    return 1 if summary.failed else 0


def _watch(operator: Operator, *, sender: Sender, endpoint: EndpointState) -> Summary:
    looks, state = 0, endpoint
    with operator.screen.live() as view:

        def look() -> None:
            nonlocal looks, state
            looks += 1
            if looks % COUNT_EVERY == 0:
                state = endpoint_state(aws=operator.aws, name=endpoint.name)
            summary = summarized(sender.replies, seconds=sender.elapsed)
            view.update(
                drawn=_table(summary, instances=state.instances).drawn, line=_line(summary, instances=state.instances)
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


def _line(summary: Summary, *, instances: int) -> str:
    latency = ", ".join(f"{name} {value:.0f} ms" for name, value in summary.latency_ms.items())
    sent = f"{summary.requests} requests, {summary.rate:.1f}/s, {latency or 'none answered'}"
    return f"{sent}, {counted(summary.failed, 'error')}, {counted(instances, 'instance')}"
