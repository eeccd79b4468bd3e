"""The chapter in which nobody trains: an alarm starts a run, and a better model arrives as a pull request."""

import csv
import json
import time
from pathlib import Path
from typing import Any

from modelyard.manifest import Model
from modelyard.manifest.retraining import RUN_PREFIX
from modelyard.scenario.context import ScenarioContext, ScenarioFailed
from modelyard.scenario.forge import LoopbackForge
from modelyard.scenario.steps.watch import advance_past_check, alarm_state
from modelyard.scenario.workspace import STAGE

RATE, SECONDS = 100, 10
TRAINED, MEASURED = "train", frozenset({"validation", "test"})
DECLARED = """
[training.retrain]
on = ["quality"]
captures_to = "train"
held_out = "{held_out}"
"""
PATIENCE_SECONDS = 600
LATEST_MINUTES = 60
LATEST_QUIET_MINUTES, HOUR_SECONDS = 360, 3600
POLL_SECONDS = 0.5


def retrain(context: ScenarioContext, lines: list[str]) -> None:
    """Declare that quality trains anew, let the world turn round, and see the pipeline propose the run's model.

    An alarm that rings tells nobody again, so that hours without labels pass until it is quiet: CloudWatch looks at two
    periods more than an alarm names. Then those customers leave who used to stay, and no model of before knows it.
    """
    context.workspace.declare(DECLARED.format(held_out=_held_out(context)))
    context.deploy(context.stack("training"))
    lines += ["[training.retrain] is declared", f"$ cdk deploy {context.stack('training')}"]
    schedule = context.model.quality_schedule(stage=STAGE)
    quiet = context.until(
        lambda: alarm_state(context, schedule=schedule) == "OK", minutes=LATEST_QUIET_MINUTES, step=HOUR_SECONDS
    )
    context.require(quiet, f"an alarm must be quiet after {LATEST_QUIET_MINUTES} minutes without labels")
    _turn_round(context, lines)
    advance_past_check(context)
    run = _finished_run(context)
    reason = json.loads(run["input"])["retrain"]["reason"]
    lines.append(f"$ rehearsal advance; run {run['name']}, started by {reason}")
    with LoopbackForge(folder=context.output, project=context.workspace.folder) as forge:
        proposed = _proposed(context, variables=forge.variables)
        context.require(proposed["outcome"] == "better", f"the new model must be better: {proposed['why']}")
        again = _proposed(context, variables=forge.variables)
        context.require(again.get("open") == [proposed["url"]], "a run is proposed once")
        (pull,) = forge.pulls
        changes = forge.changes(pull["head"]["ref"])
    (context.output / "proposal.md").write_text(pull["body"], encoding="utf-8")
    lines += [
        f"$ yard propose: {proposed['why']}",
        f"pull request {pull['html_url']}: {pull['title']}",
        *(f"  {line}" for line in changes),
        f"look at it: {context.relative(context.output / 'proposal.md')}",
        f"look at it: {context.relative(context.output / f'{context.name}-retrained.html')}",
    ]


def missing(model: Model) -> str | None:
    """Return what a model has not that it takes to be trained anew on its captures; None where nothing is missing."""
    quality = model.monitoring.quality if model.monitoring is not None else None
    if model.training is None or model.serving is None or quality is None:
        return "not declared: [training] or [monitoring.quality]"
    if TRAINED not in model.training.stored_channels or not MEASURED & model.training.stored_channels.keys():
        return f"not declared: the channels {TRAINED} and {' or '.join(sorted(MEASURED))}"
    if model.preprocessing is not None:
        return "its data are prepared before training"
    if len(model.serving.variants) > 1:
        return "the endpoint has several variants"
    places = [place for place in (quality.inference, quality.probability) if place is not None]
    is_csv = model.data is None or model.data.format == "csv"
    return None if is_csv and all(place.isdecimal() for place in places) else "its data or its answers are not CSV"


def _held_out(context: ScenarioContext) -> str:
    channels = context.model.training.stored_channels if context.model.training is not None else {}
    return next(channel.path for name, channel in channels.items() if name in MEASURED)


def _turn_round(context: ScenarioContext, lines: list[str]) -> None:
    """Send traffic, and tell of each customer the other thing than what the data say."""
    file = context.output / "labels.csv"
    words = ("traffic", context.name, "--rate", str(RATE), "--duration", str(SECONDS), "--drifted")
    context.commands.yard(*words, "--labels", str(file))
    _swap_labels(file)
    context.commands.yard("feedback", context.name, str(file))
    lines.append(f"$ yard {' '.join(words)} --labels labels.csv; yard feedback: who used to stay leaves")


def _swap_labels(file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as read:
        rows = list(csv.reader(read))
    labels = sorted({label for _, label in rows})
    others = {label: labels[(place + len(labels) // 2) % len(labels)] for place, label in enumerate(labels)}
    swapped = [[name, others[label]] for name, label in rows]
    with file.open("w", encoding="utf-8", newline="") as written:
        csv.writer(written, lineterminator="\n").writerows(swapped)


def _proposed(context: ScenarioContext, *, variables: dict[str, str]) -> dict[str, Any]:
    words = ("--json", "propose", context.name, "--pages", str(context.output))
    answer = context.commands.yard(*words, variables=variables)
    (document,) = json.loads(answer.text)
    retrained: dict[str, Any] = document["retrained"]
    return retrained


def _finished_run(context: ScenarioContext) -> dict[str, Any]:
    """Move the clock on until the alarm has started a run, which a check that is late does later, and wait for its end.

    Raises:
        ScenarioFailed: none is started, or it does not succeed in time.
    """
    machines = context.client("stepfunctions")
    arn = context.stack_output(part="training", key="TrainingStateMachineArn")

    def started() -> list[str]:
        listed = machines.list_executions(stateMachineArn=arn)["executions"]
        return [one["executionArn"] for one in listed if one["name"].startswith(RUN_PREFIX)]

    context.require(context.until(lambda: bool(started()), minutes=LATEST_MINUTES), "an alarm must start a run")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        run: dict[str, Any] = machines.describe_execution(executionArn=started()[0])
        if run["status"] != "RUNNING":
            context.require(run["status"] == "SUCCEEDED", f"run {run['name']} ended: {run.get('cause', '')[:300]}")
            return run
        time.sleep(POLL_SECONDS)
    raise ScenarioFailed(f"a run must end within {PATIENCE_SECONDS} s, it has not")
