"""Chapters in which it becomes known what proved true, and the answers are measured by that."""

import json
from typing import Any

from modelyard.rehearsal.play.chapters.watching import to_the_hour
from modelyard.rehearsal.play.scene import Scene

_RATE, _SECONDS, _ROWS = 100, 2, 300
_WORSE = 2


def baseline(scene: Scene, found: list[str]) -> None:
    """Ask the endpoint labelled data, and write what its answers are worth into the manifest."""
    answer = json.loads(scene.commands.yard("--json", "baseline", scene.model, "--rows", str(_ROWS)).text)
    found += [f"$ yard baseline {scene.model}", f'+baseline = "{answer["baseline"]}"']


def measured(scene: Scene, found: list[str]) -> None:
    """Send traffic of a population that has moved, tell what proved true, and let an hour pass."""
    words = ("traffic", scene.model, "--rate", str(_RATE), "--duration", str(_SECONDS), "--drifted", "--feedback")
    told = json.loads(scene.commands.yard("--json", *words).text)
    to_the_hour(scene)
    file = scene.output / "quality.html"
    verdict = _verdict(scene, "--output", str(file))
    found += [
        f"$ yard {' '.join(words)}: {told['requests']} answers, and what proved true",
        f"$ rehearsal advance; yard quality {scene.model} --output quality.html",
        *(f"  {one['description']}" for one in verdict["violations"]),
        f"look at it: {scene.shown(file)}",
    ]


def _verdict(scene: Scene, *options: str) -> dict[str, Any]:
    output = scene.commands.yard("--json", "quality", scene.model, *options, expect=(_WORSE,))
    verdict: dict[str, Any] = json.loads(output.text)
    return verdict
