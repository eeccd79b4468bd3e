"""Steps that train and choose."""

from modelyard.scenario.context import ScenarioContext


def push_data(context: ScenarioContext, lines: list[str]) -> None:
    """Make the example's data and upload it."""
    output = context.commands.yard("data", "push", context.model)
    lines += [f"$ yard data push {context.model}", *_rows(output.lines)]


def train(context: ScenarioContext, lines: list[str]) -> None:
    """Run the trials, rank them, register the best and make its baseline."""
    output = context.commands.yard("train", context.model, "--wait")
    lines += [f"$ yard train {context.model} --wait", *_rows(output.lines)]


def promote(context: ScenarioContext, lines: list[str]) -> None:
    """Write the best model and its baseline into the manifest; with several variants, the next best into the next."""
    trials = context.completed_trials()
    for variant, trial in zip(context.variants, trials, strict=False):
        arguments = ("promote", context.model, "--trial", trial, "--variant", variant, "--force")
        output = context.commands.yard(*arguments)
        lines += [f"$ yard promote {context.model} --trial {trial} --variant {variant}"]
        lines += [line for line in output.lines if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))]


def _rows(lines: tuple[str, ...]) -> list[str]:
    """Return a table's rows without its frame."""
    return [line.rstrip() for line in lines if line.strip() and not set(line.strip()) <= set("─ ")]
