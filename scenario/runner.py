"""The scenario: which steps a model's life has, in which order, and what each takes on AWS."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from modelyard.rehearsal.session import Rehearsal
from modelyard.scenario.commands import CommandFailed, Commands
from modelyard.scenario.context import ScenarioContext, ScenarioFailed
from modelyard.scenario.failing_models import has_failing_model
from modelyard.scenario.steps import (
    call,
    deploy,
    model_quality,
    scale,
    score,
    teardown,
    train,
    update_model,
    watch,
)
from modelyard.scenario.timeline import Timeline
from modelyard.scenario.webhook import SnsWebhookReceiver
from modelyard.scenario.workspace import REPOSITORY, Workspace

Needs = Callable[[ScenarioContext], bool]


def always(_scene: ScenarioContext) -> bool:
    """Return that every model has this step."""
    return True


def declares(*tables: str) -> Needs:
    """Return whether a manifest has all of some tables, such as `serving.scaling`."""

    def needed(context: ScenarioContext) -> bool:
        return all(_has(context.declared, table.split(".")) for table in tables)

    return needed


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of a life. `aws_minutes` is what it usually takes there: docs/rehearsal.md says from where."""

    title: str
    aws_minutes: float
    run: Callable[[ScenarioContext, list[str]], None]
    needed: Needs = always


_SERVED = declares("serving")
_WATCHED = declares("serving", "monitoring")
_MEASURED = declares("serving", "monitoring.quality")


def _has_two_trials(context: ScenarioContext) -> bool:
    return _SERVED(context) and len(context.declared["training"].get("trials", [])) > 1 and len(context.variants) == 1


STEPS: Sequence[Step] = (
    Step(title="Bootstrap the account", aws_minutes=1, run=deploy.bootstrap),
    Step(title="Deploy foundation and training", aws_minutes=3, run=deploy.deploy_training),
    Step(title="Push the data", aws_minutes=0.2, run=train.push_data),
    Step(title="Train the trials, register the best", aws_minutes=10, run=train.train),
    Step(title="Promote the best", aws_minutes=0.1, run=train.promote, needed=_SERVED),
    Step(title="Deploy what serves, scores and watches", aws_minutes=9, run=deploy.deploy_rest, needed=_SERVED),
    Step(title="Score a file in batch", aws_minutes=6, run=score.transform, needed=declares("batch")),
    Step(title="Good traffic", aws_minutes=0.1, run=score.good_traffic, needed=_WATCHED),
    # In the quiet hour: the labelled records are of the usual population, and would hide the drift of another.
    Step(title="What the answers are worth", aws_minutes=5, run=model_quality.baseline, needed=_MEASURED),
    Step(title="An hour passes; the check is quiet", aws_minutes=75, run=watch.quiet_hour, needed=_WATCHED),
    Step(title="Drifted traffic", aws_minutes=0.1, run=score.drifted_traffic, needed=_WATCHED),
    Step(title="Another hour; the alarm rings", aws_minutes=75, run=watch.alarming_hour, needed=_WATCHED),
    Step(title="The drift as a page", aws_minutes=0.1, run=watch.page, needed=_WATCHED),
    Step(title="The other engine agrees", aws_minutes=12, run=watch.other_engine, needed=_WATCHED),
    # Not in an hour whose check must be quiet: the example of a row is no row of the population.
    Step(title="Ask over HTTP", aws_minutes=0.1, run=call.ask_over_http, needed=declares("serving", "api")),
    Step(title="Labels arrive; the answers are measured", aws_minutes=75, run=model_quality.measured, needed=_MEASURED),
    Step(
        title="Scale out under load, and in again",
        aws_minutes=35,
        run=scale.scale_out_and_in,
        needed=declares("serving.scaling"),
    ),
    Step(title="Another model, by a canary", aws_minutes=18, run=update_model.canary, needed=_has_two_trials),
    Step(
        title="A bad model is rolled back",
        aws_minutes=15,
        run=update_model.rolled_back,
        needed=lambda context: _has_two_trials(context) and has_failing_model(context),
    ),
    Step(title="Delete everything", aws_minutes=10, run=teardown.delete_everything),
)


def run_scenario(*, model: str, output: Path, console: Console) -> None:
    """Play a model's whole life, and print it; `output` gets the logs, the page and what came of the batch.

    Raises:
        Refused: the declarations cannot be; nothing was started.
        CommandFailed: a command ended otherwise than the scenario expects.
        ScenarioFailed: something else came of a step.
        RehearsalError: the local AWS did not start.

    """
    Workspace(folder=REPOSITORY, model=model).check()
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    with (
        (output / "aws.log").open("w", encoding="utf-8") as log,
        Rehearsal(on_line=lambda line: _write(log, line)) as rehearsal,
        SnsWebhookReceiver(reach=rehearsal.reach) as alerts,
    ):
        workspace = Workspace(folder=rehearsal.folder / "project", model=model)
        workspace.fill()
        commands = Commands(reach=rehearsal.reach, folder=workspace.folder, log=output / "commands.log")
        context = ScenarioContext(
            model=model,
            reach=rehearsal.reach,
            workspace=workspace,
            commands=commands,
            alerts=alerts,
            output=output.resolve(),
        )
        _run(context=context, console=console)


def _run(*, context: ScenarioContext, console: Console) -> None:
    steps = [step for step in STEPS if step.needed(context)]
    timeline = Timeline(console=console, steps=len(steps))
    console.print(
        Text.assemble(
            (context.model, "bold"), f": a whole life against {context.reach.endpoint}, which is this machine\n"
        )
    )
    with timeline.shown():
        for step in steps:
            with timeline.step(title=step.title, aws_minutes=step.aws_minutes) as found:
                step.run(context, found)
    console.print(
        Text.assemble("\n", (timeline.summary(), "bold"), f". Logs, page and results: {context.shown(context.output)}")
    )


def models() -> list[str]:
    """Return the models that can be played."""
    return sorted(path.stem for path in (REPOSITORY / "models").glob("*.toml"))


def _write(log: Any, line: str) -> None:
    log.write(f"{line}\n")
    log.flush()


def _has(declared: Any, path: Sequence[str]) -> bool:
    return not path or (isinstance(declared, dict) and path[0] in declared and _has(declared[path[0]], path[1:]))


__all__ = ["STEPS", "CommandFailed", "ScenarioFailed", "Step", "models", "run_scenario"]
