"""The command `python -m modelyard.scenario`: a model's whole life, from bootstrap to teardown, in a local AWS."""

import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Annotated, NoReturn

import typer
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions
from typer.exceptions import TyperException

from modelyard.drift.escaping import LAYOUT, for_terminal
from modelyard.drift.line_breaks import split_lines
from modelyard.manifest import Refused
from modelyard.operations.failures import Failure
from modelyard.operations.project import ROOT
from modelyard.rehearsal.interruptible import run_interruptible
from modelyard.rehearsal.session import RehearsalError
from modelyard.scenario.commands import CommandFailed
from modelyard.scenario.context import ScenarioFailed
from modelyard.scenario.data import DataError
from modelyard.scenario.runner import run_scenario
from modelyard.scenario.selection import candidates, selection_line
from modelyard.scenario.webhook import NotConfirmed
from modelyard.scenario.workspace import model_names
from modelyard.shared.console import fix_help_width, make_console

fix_help_width()
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
OUTPUT = Path("rehearsed")


@app.command()
def scenario(
    model: Annotated[
        str | None,
        typer.Argument(help="A model of models/; else the one with the most chapters.", show_default=False),
    ] = None,
    output: Annotated[Path, typer.Option(help="Where the logs and the page go, below the model's name.")] = OUTPUT,
    picture: Annotated[Path | None, typer.Option(help="Save what is printed as an SVG.")] = None,
    every: Annotated[  # noqa: FBT002 - typer's form of a flag
        bool, typer.Option("--all", help="Each model that can be played here, one after the other.")
    ] = False,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="With --all: begin no model later than that.", show_default=False)
    ] = None,
) -> None:
    """Run the whole life of a model of this project in a local AWS, from bootstrap to teardown, and print it.

    The project is the nearest folder with a cdk.json, from here upwards. A model's data are those in data/MODEL/, or
    an example's, which are made. A model without [training] serves the copies in promoted/ of what its manifest names.
    """
    project = ROOT.resolve()
    names = model_names(project)
    if not names:
        raise typer.BadParameter(f"{project} must have manifests in models/, there are none; run this in a project")
    if model is not None and model not in names:
        raise typer.BadParameter(f"model must be one of {', '.join(names)}, got {model}; name a file of models/")
    if every and (model is not None or picture is not None):
        raise typer.BadParameter("--all must stand without a model and without --picture; leave them out")
    if minutes is not None and not every:
        raise typer.BadParameter("--minutes must stand beside --all; add it")
    console = make_console(record=picture is not None)
    try:
        if every:
            _play_all(project=project, output=output, console=console, minutes=minutes)
            return
        name = _choose(project=project, console=console) if model is None else model
    except Refused as refused:
        _fail(str(refused))
    problem = _play(name, project=project, output=output, console=console)
    if problem is not None:
        _fail(problem)
    if picture is not None:
        # As wide as its longest line: a picture has no terminal that would go on below.
        widest = max(map(cell_len, split_lines(console.export_text(clear=False))))
        console.size = ConsoleDimensions(widest, console.height)
        console.save_svg(str(picture), title=f"make rehearse MODEL={name}")


def _choose(*, project: Path, console: Console) -> str:
    """Return the first model that can be played, or the first of all, of which it is said why it cannot."""
    every = candidates(project)
    chosen = next((candidate for candidate in every if candidate.obstacle is None), every[0])
    others = [candidate for candidate in every if candidate is not chosen]
    if others and chosen.obstacle is None:
        console.print(selection_line(chosen=chosen, others=others), markup=False)
    return chosen.name


def _play_all(*, project: Path, output: Path, console: Console, minutes: float | None) -> None:
    """Play each model that can be, and say at the end which were played, which failed and which were not, and why."""
    started = monotonic()
    results: list[str] = []
    problems: list[str] = []
    for candidate in candidates(project):
        if candidate.obstacle is not None:
            results.append(f"not played: {candidate.name}: {candidate.obstacle}")
        elif minutes is not None and monotonic() - started > minutes * 60:
            results.append(f"not played: {candidate.name}: the {minutes:g} minutes were over (--minutes)")
        else:
            problem = _play(candidate.name, project=project, output=output, console=console)
            problems += [] if problem is None else [f"{candidate.name}: {problem}"]
            results.append(f"{'played' if problem is None else 'failed'}: {candidate.name}")
    for result in results:
        console.print(result, markup=False)
    if problems:
        _fail("\n".join(problems))
    if not any(result.startswith("played") for result in results):
        _fail("no model was played; the lines above say why")


def _play(name: str, *, project: Path, output: Path, console: Console) -> str | None:
    """Run the life of a model, and return why it failed, or None."""
    try:
        run_scenario(model=name, project=project, output=output / name, console=console)
    except (Refused, DataError) as refused:
        return str(refused)
    except (CommandFailed, Failure, NotConfirmed, RehearsalError, ScenarioFailed) as error:
        return f"{error}\nLogs: {(output / name).resolve()}"
    return None


def _fail(message: str) -> NoReturn:
    typer.echo(for_terminal(message, kept=LAYOUT), err=True)
    raise typer.Exit(1)


def main(arguments: Sequence[str]) -> int:
    """Run the scenario and return its exit code: 0, 1 with a sentence, or 130 when it was interrupted or terminated."""
    try:
        return run_interruptible(app, arguments, name="scenario")
    except TyperException as misused:
        typer.echo(misused.format_message(), err=True)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
