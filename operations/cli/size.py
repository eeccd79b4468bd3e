"""`yard size`."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.operator import Operator
from modelyard.operations.promotion.promote import write_whole
from modelyard.operations.scoring.request import Request, invoke
from modelyard.operations.screen.table import Table
from modelyard.operations.screen.words import counted
from modelyard.operations.traffic.bodies import bodies_of
from modelyard.operations.traffic.endpoint import answering, endpoint_state
from modelyard.operations.traffic.sender import MOST_THREADS, Sender
from modelyard.operations.traffic.sizing import LoadTest, Step, recommendation, with_target
from modelyard.operations.traffic.statistics import PERCENTILES, Summary, summarized

Latency = Annotated[float, typer.Option("--latency", min=1, help="Milliseconds that a response may take.")]
Share = Annotated[int, typer.Option("--percentile", help="The percentile of the latency: 50, 95 or 99.")]
Safety = Annotated[
    float, typer.Option("--safety", min=0.01, max=1, help="The safety factor: the part of that rate to use.")
]
First = Annotated[float, typer.Option("--from", min=0.1, help="Requests a second to start with.")]
Highest = Annotated[float, typer.Option("--to", min=0.1, help="Requests a second to stop at.")]
Seconds = Annotated[float, typer.Option("--seconds", min=1, help="Seconds at each rate.")]
Write = Annotated[bool, typer.Option("--write", help="Write the target into the manifest.")]
Data = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="Your own records, one a line.")]

LOOK_SECONDS = 1.0


def size(
    context: typer.Context,
    model: Model,
    latency: Latency = 200,
    share: Share = 95,
    safety: Safety = 0.5,
    first: First = 5,
    most: Highest = 500,
    seconds: Seconds = 10,
    data: Data = None,
    write: Write = False,  # noqa: FBT002
) -> None:
    """Find the highest rate that an instance can handle.

    It recommends invocations_per_instance = highest requests a second of one instance x safety factor x 60.
    """
    if share not in PERCENTILES:
        raise Failure(
            f"--percentile must be one of {', '.join(map(str, PERCENTILES))}, got {share}; choose one of them"
        )
    operator = operator_of(context)
    deployment = operator.deployment(model)
    bodies = bodies_of(model=deployment.model, file=data, drifted=False)
    endpoint = answering(aws=operator.aws, name=deployment.endpoint)
    operator.aws.client("sagemaker-runtime", connections=MOST_THREADS)  # made once, before the threads ask for it

    def send(body: bytes) -> str:
        request = Request(body=body, content_type="text/csv", accept=deployment.model.accept)
        return invoke(aws=operator.aws, endpoint=endpoint.name, request=request, connections=MOST_THREADS).variant

    def measure(rate: float) -> Summary:
        sender = Sender(send=send, bodies=bodies, rate=rate, seconds=seconds)
        sender.run(look=lambda: None, every=LOOK_SECONDS)
        return summarized(sender.replies, seconds=sender.elapsed)

    steps: list[Step] = []
    with operator.screen.live() as view:

        def seen(step: Step) -> None:
            steps.append(step)
            answer = "none answered" if step.latency_ms is None else f"{step.latency_ms:.0f} ms"
            verdict = "holds" if step.holds else "does not hold"
            view.update(
                rendered=_steps_table(steps).rendered,
                line=f"{step.rate:g} a second: {answer}, {step.errors} errors, {verdict}",
            )

        LoadTest(measure=measure, seen=seen, latency_ms=latency, share=share, first=first, most=most).run()
    _recommend(operator, deployment=deployment, steps=steps, safety=safety, before=endpoint.instances, write=write)


def _recommend(
    operator: Operator, *, deployment: Deployment, steps: list[Step], safety: float, before: int, write: bool
) -> None:
    """The endpoint may have scaled out meanwhile: what it has now is what the last steps met."""
    now = endpoint_state(aws=operator.aws, name=deployment.endpoint).instances
    found = recommendation(steps, instances=max(now, 1), safety=safety)
    if now != before:
        operator.screen.note(f"The endpoint went from {before} to {counted(now, 'instance')} meanwhile: measure again")
    document = {
        **dataclasses.asdict(found),
        "target": found.target,
        "steps": [dataclasses.asdict(one) for one in steps],
    }
    formula = f"{found.highest:g} a second / {counted(found.instances, 'instance')} x {safety:g} x 60 = {found.target}"
    operator.screen.emit(document, rendered=[_steps_table(steps).rendered, f"invocations_per_instance: {formula}"])
    if write:
        file = operator.project.file_of(deployment.model)
        write_whole(file=file, text=with_target(file.read_text(encoding="utf-8"), target=found.target))
        operator.screen.note(f"Written into {file}")
        operator.screen.next_step("cdk diff, then cdk deploy --all")


def _steps_table(steps: list[Step]) -> Table:
    rows = tuple((one.rate, one.reached, one.latency_ms, one.errors, one.holds) for one in steps)
    return Table(columns=("a second", "reached", "latency ms", "errors", "holds"), rows=rows)
