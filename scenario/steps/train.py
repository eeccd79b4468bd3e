"""Steps that train and choose."""

import tomllib
from collections.abc import Sequence
from itertools import cycle

from modelyard.operations.training.leaderboard import PREPROCESSING
from modelyard.scenario.commands import Output
from modelyard.scenario.context import ScenarioContext
from modelyard.scenario.data import archive_to_import
from modelyard.scenario.own_buckets import make_own_buckets

# How `yard` begins to say that MLflow was not reached.
NOT_LOGGED = "Not logged"


def push_data(context: ScenarioContext, lines: list[str]) -> None:
    """Upload the datasets, an example's after they are made; buckets of the user's own are made and filled first."""
    lines += make_own_buckets(context)
    output = context.commands.yard("data", "push", context.name)
    lines += [f"$ yard data push {context.name}", *_table_rows(output.lines)]


def train(context: ScenarioContext, lines: list[str]) -> None:
    """Run the trials, rank them, register the best and make its baseline.

    Where data are prepared, one trial is run before: all of them find again what was prepared for it.
    """
    training = context.model.training
    if context.model.preprocessing is not None and training is not None and training.all_trials:
        lines += _trained(context, "--trial", training.all_trials[0].name)
    lines += _trained(context)


def _trained(context: ScenarioContext, *options: str) -> list[str]:
    output = context.commands.yard("train", context.name, *options, "--wait")
    prepared = [line for line in output.errors if line.startswith(PREPROCESSING)]
    shown = [*prepared, *_table_rows(output.lines), *_of_mlflow(context, output)]
    return [" ".join(["$ yard train", context.name, *options, "--wait"]), *shown]


def promote(context: ScenarioContext, lines: list[str]) -> None:
    """Write the best model and its baseline into the manifest; with several variants, the next best into the next.

    What is not trained is imported before that.
    """
    archive = archive_to_import(context.model)
    if archive is not None:
        context.commands.yard("import", context.name, str(archive))
        lines.append(f"$ yard import {context.name} {archive}")
    trials = context.completed_trials()
    if context.model.serving is None:
        lines += _promoted(context, trial=trials[0])
        return
    for variant, trial in zip(context.variants, cycle(trials), strict=False):
        lines += _promoted(context, trial=trial, variant=variant)
    if context.model.serving.shadow is not None:
        manifest = tomllib.loads(context.workspace.manifest.read_text(encoding="utf-8"))
        artifact = manifest["serving"]["variants"][0]["model"]
        context.workspace.set_value("serving.shadow", "model", value=artifact)
        lines.append(f'serving.shadow: model = "{artifact}"')


def _promoted(context: ScenarioContext, *, trial: str, variant: str | None = None) -> list[str]:
    options = ("--trial", trial, *(() if variant is None else ("--variant", variant)))
    output = context.commands.yard("promote", context.name, *options, "--force")
    changed = [line for line in output.lines if line.startswith(("+", "-")) and not line.startswith(("+++", "---"))]
    return [" ".join(["$ yard promote", context.name, *options]), *changed, *_of_mlflow(context, output)]


def _of_mlflow(context: ScenarioContext, output: Output) -> list[str]:
    """Return what a command says of MLflow in a stage that tracks: it has logged something, or set aliases."""
    said = [line for line in output.errors if " MLflow" in line]
    if context.workspace.tracks:
        told = bool(said) and not any(line.startswith(NOT_LOGGED) for line in said)
        context.require(told, f"MLflow must have been told of it, got {output.errors}")
    return [f"  {line}" for line in said]


def _table_rows(lines: Sequence[str]) -> list[str]:
    """Return a table's rows without its frame."""
    return [line.rstrip() for line in lines if line.strip() and not set(line.strip()) <= set("─ ")]
