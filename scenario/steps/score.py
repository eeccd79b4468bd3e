"""Steps that ask the model for answers: in batch, and by traffic."""

import json
from typing import Any

from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.steps.images import ask_with_images, takes_images

RATE = 125
SECONDS = 2


def transform(context: ScenarioContext, lines: list[str]) -> None:
    """Score a file by a batch transform, and look at the results."""
    file = context.data.batch_file()
    arguments = ("transform", context.name, str(file), "--output", str(context.output), "--rows", "3")
    output = context.commands.yard(*arguments)
    lines.append(f"$ yard transform {context.name} {file.name}")
    printed = (line.replace(str(context.output), context.relative(context.output)).rstrip() for line in output.lines)
    lines += [line for line in printed if line]


def good_traffic(context: ScenarioContext, lines: list[str]) -> None:
    """Send requests of the population that the model was trained on."""
    lines.append(send_traffic(context, rate=RATE, seconds=SECONDS))
    if takes_images(context.model):
        ask_with_images(context, lines)


def drifted_traffic(context: ScenarioContext, lines: list[str]) -> None:
    """Send requests of a population that has moved."""
    lines.append(send_traffic(context, rate=RATE, seconds=SECONDS, drifted=True))


def send_traffic(context: ScenarioContext, *, rate: float, seconds: float, drifted: bool = False) -> str:
    """Send requests and return how they were answered; every one must be."""
    population = ("--drifted",) if drifted else ()
    words = ("traffic", context.name, "--rate", f"{rate:g}", "--duration", f"{seconds:g}", *population)
    summary: dict[str, Any] = json.loads(context.commands.yard("--json", *words).text)
    return (
        f"$ yard {' '.join(words)}: {summary['requests']} requests, {sum(summary['errors'].values())} errors, "
        f"p99 {summary['latency_ms']['p99']:.0f} ms, {summary['instances']} instances"
    )
