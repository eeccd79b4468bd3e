"""Chapters that ask the model: in batch, and by traffic."""

import json
from typing import Any

from modelyard.rehearsal.play.scene import Scene

RATE = 50
SECONDS = 5


def transform(scene: Scene, found: list[str]) -> None:
    """Score a file by a batch transform, and look at what comes back."""
    file = str(scene.example_file("batch/batch.csv"))
    output = scene.commands.yard("transform", scene.model, file, "--output", str(scene.output), "--rows", "3")
    found.append(f"$ yard transform {scene.model} batch.csv")
    shown = (line.replace(str(scene.output), scene.shown(scene.output)).rstrip() for line in output.lines)
    found += [line for line in shown if line]


def good_traffic(scene: Scene, found: list[str]) -> None:
    """Send requests of the population that the model was trained on."""
    found.append(send_traffic(scene))


def drifted_traffic(scene: Scene, found: list[str]) -> None:
    """Send requests of a population that has moved."""
    found.append(send_traffic(scene, "--drifted"))


def send_traffic(scene: Scene, *options: str, rate: float = RATE, seconds: float = SECONDS) -> str:
    """Send requests and return what came of them; every one must be answered."""
    words = ("traffic", scene.model, "--rate", f"{rate:g}", "--duration", f"{seconds:g}", *options)
    answer: dict[str, Any] = json.loads(scene.commands.yard("--json", *words).text)
    return (
        f"$ yard {' '.join(words)}: {answer['requests']} requests, {sum(answer['errors'].values())} errors, "
        f"p99 {answer['latency_ms']['p99']:.0f} ms, {answer['instances']} instances"
    )
