"""The step in which captured records are chosen and labelled."""

import json

from modelyard.operations.labelling.pushing import label_channel
from modelyard.scenario.context import ScenarioContext

RATE, SECONDS, COUNT = 50, 2, 30


def label(context: ScenarioContext, lines: list[str]) -> None:
    """Choose among new records, and label them by what a file knows, as a person would on the page."""
    known, manifest = context.output / "known.csv", context.output / "labels.manifest"
    words = ("traffic", context.name, "--rate", str(RATE), "--duration", str(SECONDS), "--drifted")
    context.commands.yard("--json", *words, "--labels", str(known))
    pushed = () if label_channel(context.model) is None else ("--push",)
    arguments = ("label", context.name, "--count", str(COUNT), "--since", "1h", "--answers", str(known))
    output = context.commands.yard("--json", *arguments, "--output", str(manifest), *pushed)
    found = json.loads(output.text)
    context.require(found["labelled"] > 0, "records that were sent a moment ago must be among the chosen, none is")
    reasons = ", ".join(f"{count} {reason}" for reason, count in found["by_reason"].items())
    lines += [
        f"$ yard {' '.join(words)} --labels known.csv",
        f"$ yard label {context.name} --count {COUNT} --since 1h --answers known.csv{' --push' if pushed else ''}",
        f"{found['labelled']} labels ({reasons}); without --answers a person gives them on a page",
        f"look at it: {context.relative(manifest)}",
    ]
