"""Chapters that train and choose."""

from modelyard.rehearsal.play.scene import Scene


def push_data(scene: Scene, found: list[str]) -> None:
    """Make the example's data and upload it."""
    output = scene.commands.yard("data", "push", scene.model)
    found += [f"$ yard data push {scene.model}", *_rows(output.lines)]


def train(scene: Scene, found: list[str]) -> None:
    """Run the trials, rank them, register the best and make its baseline."""
    output = scene.commands.yard("train", scene.model, "--wait")
    found += [f"$ yard train {scene.model} --wait", *_rows(output.lines)]


def promote(scene: Scene, found: list[str]) -> None:
    """Write the best model and its baseline into the manifest; with several variants, the next best into the next."""
    trials = scene.completed_trials()
    for variant, trial in zip(scene.variants, trials, strict=False):
        arguments = ("promote", scene.model, "--trial", trial, "--variant", variant, "--force")
        output = scene.commands.yard(*arguments)
        found += [f"$ yard promote {scene.model} --trial {trial} --variant {variant}"]
        found += [line for line in output.lines if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))]


def _rows(lines: tuple[str, ...]) -> list[str]:
    """Return a table's rows without its frame."""
    return [line.rstrip() for line in lines if line.strip() and not set(line.strip()) <= set("─ ")]
