"""The command `python -m modelyard.scenario.reference`: what a certification is compared with.

It plays in a local AWS what `yard certify run` plays on an account, by that command, with the clock moved on.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from modelyard.drift.escaping import LAYOUT, for_terminal
from modelyard.operations.project import ROOT
from modelyard.rehearsal.session import Connection, Rehearsal, RehearsalError
from modelyard.scenario.commands import CommandFailed, Commands
from modelyard.shared.console import fix_help_width

MOVING = ("RollingBack", "Updating")
LOOK_SECONDS = 0.25
# A new fleet bakes for minutes.
STEP_SECONDS = 30.0
# From here to the full hour a life is longer than the hour is: a check that the hour brings is none of the life.
LATEST_MINUTE = 40
FILE = Path("reference.json")

fix_help_width()
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@contextmanager
def moved_clock(connection: Connection) -> Iterator[None]:
    """Move a local AWS's clock on while an endpoint is updated, and have captures written at once.

    Raises:
        Exception: what went wrong with that, after the `with`.
    """
    done = threading.Event()
    failures: list[Exception] = []

    def move() -> None:
        sagemaker = connection.client("sagemaker")
        try:
            while not done.wait(LOOK_SECONDS):
                connection.flush()
                if any(one["EndpointStatus"] in MOVING for one in sagemaker.list_endpoints()["Endpoints"]):
                    connection.advance(seconds=STEP_SECONDS)
        except Exception as failure:  # noqa: BLE001 - a thread's own is raised below
            failures.append(failure)

    minutes = connection.now().minute
    if minutes >= LATEST_MINUTE:
        connection.advance(seconds=(61 - minutes) * 60)
    thread = threading.Thread(target=move, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    if failures:
        raise failures[0]


@app.command()
def reference(
    model: Annotated[str, typer.Argument(help="A model of models/.", show_default=False)],
    output: Annotated[Path, typer.Option(help="Where the record is written.")] = FILE,
) -> None:
    """Rehearse the life that `yard certify run MODEL` plays on an account, and write its record."""
    project = ROOT.resolve()
    try:
        with Rehearsal() as rehearsal, moved_clock(rehearsal.connection):
            log = rehearsal.folder / "commands.log"
            commands = Commands(connection=rehearsal.connection, folder=project, log=log)
            where = f"aws://{rehearsal.connection.account}/{rehearsal.connection.region}"
            commands.cdk("bootstrap", where, folder=rehearsal.folder)
            ended = commands.yard("certify", "run", model, "--yes", "--output", str(output.resolve()))
    except (CommandFailed, RehearsalError) as error:
        typer.echo(for_terminal(str(error), kept=LAYOUT), err=True)
        raise typer.Exit(1) from error
    typer.echo(for_terminal(ended.text, kept=LAYOUT))


def main(arguments: Sequence[str]) -> int:
    """Run the command, and return its exit code: 0, or 1 with a sentence."""
    try:
        code = get_command(app)(list(arguments), prog_name="reference", standalone_mode=False)
    except TyperException as misused:
        typer.echo(misused.format_message(), err=True)
        return 1
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
