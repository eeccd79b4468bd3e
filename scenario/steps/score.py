"""Steps that ask the model: in batch, and by traffic."""

import json
from typing import Any

from modelyard.scenario.context import ScenarioContext

RATE = 50
SECONDS = 5


def transform(context: ScenarioContext, lines: list[str]) -> None:
    """Score a file by a batch transform, and look at what comes back."""
    file = str(context.example_file("batch/batch.csv"))
    output = context.commands.yard("transform", context.model, file, "--output", str(context.output), "--rows", "3")
    lines.append(f"$ yard transform {context.model} batch.csv")
    shown = (line.replace(str(context.output), context.shown(context.output)).rstrip() for line in output.lines)
    lines += [line for line in shown if line]


def good_traffic(context: ScenarioContext, lines: list[str]) -> None:
    """Send requests of the population that the model was trained on."""
    lines.append(send_traffic(context))


def drifted_traffic(context: ScenarioContext, lines: list[str]) -> None:
    """Send requests of a population that has moved."""
    lines.append(send_traffic(context, "--drifted"))


def send_traffic(context: ScenarioContext, *options: str, rate: float = RATE, seconds: float = SECONDS) -> str:
    """Send requests and return what came of them; every one must be answered."""
    words = ("traffic", context.model, "--rate", f"{rate:g}", "--duration", f"{seconds:g}", *options)
    answer: dict[str, Any] = json.loads(context.commands.yard("--json", *words).text)
    return (
        f"$ yard {' '.join(words)}: {answer['requests']} requests, {sum(answer['errors'].values())} errors, "
        f"p99 {answer['latency_ms']['p99']:.0f} ms, {answer['instances']} instances"
    )
