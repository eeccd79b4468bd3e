"""The command `python -m modelyard.scenario`: a model's whole life, from bootstrap to teardown, in a local AWS."""

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len
from rich.console import ConsoleDimensions
from typer.exceptions import TyperException
from typer.main import get_command

from modelyard.drift.escaping import LAYOUT, for_terminal
from modelyard.drift.line_breaks import split_lines
from modelyard.manifest import Refused
from modelyard.operations.failures import Failure
from modelyard.operations.project import ROOT
from modelyard.rehearsal.session import RehearsalError
from modelyard.scenario.commands import CommandFailed
from modelyard.scenario.context import ScenarioFailed
from modelyard.scenario.data import DataError
from modelyard.scenario.runner import run_scenario
from modelyard.scenario.webhook import NotConfirmed
from modelyard.scenario.workspace import model_names
from modelyard.shared.console import fix_help_width, make_console

fix_help_width()
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
OUTPUT = Path("rehearsed")
INTERRUPTED = 130


@app.command()
def scenario(
    model: Annotated[
        str | None, typer.Argument(help="A model of models/; else the first by its name.", show_default=False)
    ] = None,
    output: Annotated[Path, typer.Option(help="Where the logs and the page go, below the model's name.")] = OUTPUT,
    picture: Annotated[Path | None, typer.Option(help="Save what is printed as an SVG.")] = None,
) -> None:
    """Run the whole life of a model of this project in a local AWS, from bootstrap to teardown, and print it.

    The project is the nearest folder with a cdk.json, from here upwards. A model's data are those in data/MODEL/, or
    an example's, which are made.
    """
    project = ROOT.resolve()
    names = model_names(project)
    if not names:
        raise typer.BadParameter(f"{project} must have manifests in models/, there are none; run this in a project")
    if model is not None and model not in names:
        raise typer.BadParameter(f"model must be one of {', '.join(names)}, got {model}; name a file of models/")
    name = names[0] if model is None else model
    console = make_console(record=picture is not None)
    try:
        run_scenario(model=name, project=project, output=output / name, console=console)
    except (Refused, DataError) as refused:
        _fail(str(refused))
    except (CommandFailed, Failure, NotConfirmed, RehearsalError, ScenarioFailed) as error:
        _fail(f"{error}\nLogs: {(output / name).resolve()}")
    if picture is not None:
        # As wide as its longest line: a picture has no terminal that would go on below.
        widest = max(map(cell_len, split_lines(console.export_text(clear=False))))
        console.size = ConsoleDimensions(widest, console.height)
        console.save_svg(str(picture), title=f"make rehearse MODEL={name}")


def _fail(message: str) -> None:
    typer.echo(for_terminal(message, kept=LAYOUT), err=True)
    raise typer.Exit(1)


def main(arguments: Sequence[str]) -> int:
    """Run the scenario and return its exit code: 0, 1 with a sentence, or 130 when it was interrupted or terminated."""
    # Set here too: whoever starts this in the background has its interrupts ignored otherwise.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = get_command(app)(list(arguments), prog_name="scenario", standalone_mode=False)
    except TyperException as misused:
        typer.echo(misused.format_message(), err=True)
        return 1
    if code == INTERRUPTED:
        typer.echo("Interrupted; everything of the rehearsal has ended", err=True)
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
