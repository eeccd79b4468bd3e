"""Steps in which labels arrive, and the answers are held against them."""

import json

from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.steps.watch import advance_past_check

RATE, SECONDS, ROWS = 100, 2, 300
WORSE = 2


def baseline(context: ScenarioContext, lines: list[str]) -> None:
    """Ask the endpoint labelled data, and write the quality of its answers into the manifest."""
    arguments = ("baseline", context.name, *context.data.baseline_arguments())
    answer = json.loads(context.commands.yard("--json", *arguments, "--rows", str(ROWS)).text)
    lines += [f"$ yard {' '.join(arguments)}", f'+baseline = "{answer["baseline"]}"']


def measured(context: ScenarioContext, lines: list[str]) -> None:
    """Send traffic of a population that has moved, upload its labels, and let an hour pass."""
    words = ("traffic", context.name, "--rate", str(RATE), "--duration", str(SECONDS), "--drifted", "--feedback")
    summary = json.loads(context.commands.yard("--json", *words).text)
    advance_past_check(context)
    file = context.output / "quality.html"
    arguments = ("quality", context.name, "--output", str(file))
    verdict = json.loads(context.commands.yard("--json", *arguments, expect=(WORSE,)).text)
    lines += [
        f"$ yard {' '.join(words)}: {summary['requests']} answers, and what proved true",
        f"$ rehearsal advance; yard quality {context.name} --output quality.html",
        *(f"  {violation['description']}" for violation in verdict["violations"]),
        f"look at it: {context.relative(file)}",
    ]
