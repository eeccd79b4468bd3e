"""Steps in which it becomes known what proved true, and the answers are measured by that."""

import json
from typing import Any

from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.steps.watch import to_the_hour

_RATE, _SECONDS, _ROWS = 100, 2, 300
_WORSE = 2


def baseline(context: ScenarioContext, lines: list[str]) -> None:
    """Ask the endpoint labelled data, and write what its answers are worth into the manifest."""
    answer = json.loads(context.commands.yard("--json", "baseline", context.model, "--rows", str(_ROWS)).text)
    lines += [f"$ yard baseline {context.model}", f'+baseline = "{answer["baseline"]}"']


def measured(context: ScenarioContext, lines: list[str]) -> None:
    """Send traffic of a population that has moved, tell what proved true, and let an hour pass."""
    words = ("traffic", context.model, "--rate", str(_RATE), "--duration", str(_SECONDS), "--drifted", "--feedback")
    told = json.loads(context.commands.yard("--json", *words).text)
    to_the_hour(context)
    file = context.output / "quality.html"
    verdict = _verdict(context, "--output", str(file))
    lines += [
        f"$ yard {' '.join(words)}: {told['requests']} answers, and what proved true",
        f"$ rehearsal advance; yard quality {context.model} --output quality.html",
        *(f"  {one['description']}" for one in verdict["violations"]),
        f"look at it: {context.shown(file)}",
    ]


def _verdict(context: ScenarioContext, *options: str) -> dict[str, Any]:
    output = context.commands.yard("--json", "quality", context.model, *options, expect=(_WORSE,))
    verdict: dict[str, Any] = json.loads(output.text)
    return verdict
