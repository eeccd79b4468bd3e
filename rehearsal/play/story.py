"""The story: which chapters a model's life has, in which order, and what each takes on AWS."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from modelyard.rehearsal.play.bad_models import can_be_bad
from modelyard.rehearsal.play.chapters import (
    calling,
    changing,
    deploying,
    leaving,
    measuring,
    scaling,
    scoring,
    training,
    watching,
)
from modelyard.rehearsal.play.commands import CommandFailed, Commands
from modelyard.rehearsal.play.mailbox import Mailbox
from modelyard.rehearsal.play.scene import Scene, StoryFailed
from modelyard.rehearsal.play.timeline import Timeline
from modelyard.rehearsal.play.workspace import REPOSITORY, Workspace
from modelyard.rehearsal.session import Rehearsal

Needs = Callable[[Scene], bool]


def always(_scene: Scene) -> bool:
    """Return that every model has this chapter."""
    return True


def declares(*tables: str) -> Needs:
    """Return whether a manifest has all of some tables, such as `serving.scaling`."""

    def needed(scene: Scene) -> bool:
        return all(_has(scene.declared, table.split(".")) for table in tables)

    return needed


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """One step of a life. `aws_minutes` is what it usually takes there: docs/rehearsal.md says from where."""

    title: str
    aws_minutes: float
    tell: Callable[[Scene, list[str]], None]
    needed: Needs = always


_SERVED = declares("serving")
_WATCHED = declares("serving", "monitoring")
_MEASURED = declares("serving", "monitoring.quality")


def _has_two_trials(scene: Scene) -> bool:
    return _SERVED(scene) and len(scene.declared["training"].get("trials", [])) > 1 and len(scene.variants) == 1


CHAPTERS: Sequence[Chapter] = (
    Chapter(title="Bootstrap the account", aws_minutes=1, tell=deploying.bootstrap),
    Chapter(title="Deploy foundation and training", aws_minutes=3, tell=deploying.deploy_training),
    Chapter(title="Push the data", aws_minutes=0.2, tell=training.push_data),
    Chapter(title="Train the trials, register the best", aws_minutes=10, tell=training.train),
    Chapter(title="Promote the best", aws_minutes=0.1, tell=training.promote, needed=_SERVED),
    Chapter(title="Deploy what serves, scores and watches", aws_minutes=9, tell=deploying.deploy_rest, needed=_SERVED),
    Chapter(title="Score a file in batch", aws_minutes=6, tell=scoring.transform, needed=declares("batch")),
    Chapter(title="Good traffic", aws_minutes=0.1, tell=scoring.good_traffic, needed=_WATCHED),
    # In the quiet hour: the labelled records are of the usual population, and would hide the drift of another.
    Chapter(title="What the answers are worth", aws_minutes=5, tell=measuring.baseline, needed=_MEASURED),
    Chapter(title="An hour passes; the check is quiet", aws_minutes=75, tell=watching.quiet_hour, needed=_WATCHED),
    Chapter(title="Drifted traffic", aws_minutes=0.1, tell=scoring.drifted_traffic, needed=_WATCHED),
    Chapter(title="Another hour; the alarm rings", aws_minutes=75, tell=watching.alarming_hour, needed=_WATCHED),
    Chapter(title="The drift as a page", aws_minutes=0.1, tell=watching.page, needed=_WATCHED),
    Chapter(title="The other engine agrees", aws_minutes=12, tell=watching.other_engine, needed=_WATCHED),
    # Not in an hour whose check must be quiet: the example of a row is no row of the population.
    Chapter(title="Ask over HTTP", aws_minutes=0.1, tell=calling.ask_over_http, needed=declares("serving", "api")),
    Chapter(title="Labels arrive; the answers are measured", aws_minutes=75, tell=measuring.measured, needed=_MEASURED),
    Chapter(
        title="Scale out under load, and in again",
        aws_minutes=35,
        tell=scaling.scale_out_and_in,
        needed=declares("serving.scaling"),
    ),
    Chapter(title="Another model, by a canary", aws_minutes=18, tell=changing.canary, needed=_has_two_trials),
    Chapter(
        title="A bad model is rolled back",
        aws_minutes=15,
        tell=changing.rolled_back,
        needed=lambda scene: _has_two_trials(scene) and can_be_bad(scene),
    ),
    Chapter(title="Delete everything", aws_minutes=10, tell=leaving.leave),
)


def play(*, model: str, output: Path, console: Console) -> None:
    """Play a model's whole life, and print it; `output` gets the logs, the page and what came of the batch.

    Raises:
        Refused: the declarations cannot be; nothing was started.
        CommandFailed: a command ended otherwise than the story expects.
        StoryFailed: something else came of a chapter.
        RehearsalError: the local AWS did not start.

    """
    Workspace(folder=REPOSITORY, model=model).check()
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    with (
        (output / "aws.log").open("w", encoding="utf-8") as log,
        Rehearsal(on_line=lambda line: _write(log, line)) as rehearsal,
        Mailbox(reach=rehearsal.reach) as mailbox,
    ):
        workspace = Workspace(folder=rehearsal.folder / "project", model=model)
        workspace.fill()
        commands = Commands(reach=rehearsal.reach, folder=workspace.folder, log=output / "commands.log")
        scene = Scene(
            model=model,
            reach=rehearsal.reach,
            workspace=workspace,
            commands=commands,
            mailbox=mailbox,
            output=output.resolve(),
        )
        _tell(scene=scene, console=console)


def _tell(*, scene: Scene, console: Console) -> None:
    chapters = [chapter for chapter in CHAPTERS if chapter.needed(scene)]
    timeline = Timeline(console=console, chapters=len(chapters))
    console.print(
        Text.assemble((scene.model, "bold"), f": a whole life against {scene.reach.endpoint}, which is this machine\n")
    )
    with timeline.shown():
        for chapter in chapters:
            with timeline.chapter(title=chapter.title, aws_minutes=chapter.aws_minutes) as found:
                chapter.tell(scene, found)
    console.print(
        Text.assemble("\n", (timeline.summary(), "bold"), f". Logs, page and results: {scene.shown(scene.output)}")
    )


def models() -> list[str]:
    """Return the models that can be played."""
    return sorted(path.stem for path in (REPOSITORY / "models").glob("*.toml"))


def _write(log: Any, line: str) -> None:
    log.write(f"{line}\n")
    log.flush()


def _has(declared: Any, path: Sequence[str]) -> bool:
    return not path or (isinstance(declared, dict) and path[0] in declared and _has(declared[path[0]], path[1:]))


__all__ = ["CHAPTERS", "Chapter", "CommandFailed", "StoryFailed", "models", "play"]
