"""`python -m modelyard.rehearsal`: a local AWS for any client, its clock, what it does not do, and calls that fail."""

import difflib
import json
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text
from typer.exceptions import TyperException

from modelyard.drift.escaping import LAYOUT, for_terminal
from modelyard.rehearsal.containers.ending import Ending
from modelyard.rehearsal.faults import Fault, FaultError
from modelyard.rehearsal.interruptible import run_interruptible
from modelyard.rehearsal.session import Rehearsal, RehearsalError, connect_from_env
from modelyard.shared.console import fix_help_width, make_console
from modelyard.shared.loopback import shell_lines

fix_help_width()
app = typer.Typer(
    help="A local AWS on loopback, without an account.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
MANIFESTS = "models"


@app.command("serve")
def serve_command(
    region: Annotated[str, typer.Option(help="The region that the local AWS says it is.")] = "us-east-1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Where it answers; 0 is a port that the system chooses.")
    ] = 0,
    state: Annotated[
        Path | None, typer.Option(help="A folder that keeps what is there for the next start.", show_default=False)
    ] = None,
    closed_model_monitor: Annotated[  # noqa: FBT002 - typer's form of a flag
        bool, typer.Option("--closed-model-monitor", help="Be an account to which Model Monitor is closed.")
    ] = False,
) -> None:
    """Start a local AWS, print how any client reaches it, and end it with Ctrl-C."""
    _require_region(region)
    console = make_console()
    ending = Ending(signal.SIGINT, signal.SIGTERM)
    try:
        with Rehearsal(
            region=region, port=port, by_name=True, state=state, on_line=lambda line: console.print(line, style="dim")
        ) as rehearsal:
            connection = rehearsal.connection
            if closed_model_monitor:
                connection.close_model_monitor()
            answers = ("A local AWS answers at ", (connection.endpoint, "bold"))
            console.print(Text.assemble(*answers, ". In another terminal (sh, bash or zsh):\n"))
            for line in shell_lines(connection.variables()):
                console.print(line)
            console.print(
                "\nThen cdk, aws, boto3, sagemaker-core, yard and notebooks reach it as they are:\n"
                f"  cdk bootstrap aws://{connection.account}/{connection.region}\n"
                f"  {_deploy_command()}\n"
                "  python -m modelyard.rehearsal advance 1h\n\n"
                f"A page shows what is there: {connection.page}\n\nCtrl-C ends it, and "
                + ("everything in it." if state is None else f"keeps what is there in {state}.")
            )
            asked = False
            while rehearsal.running and not asked:
                asked = ending.wait(seconds=0.5)
    except RehearsalError as error:
        _fail(str(error))
    if not asked:
        _fail("the local AWS ended by itself; what it said stands above")


@app.command("advance")
def advance_command(
    duration: Annotated[str, typer.Argument(help="How far, such as 90s, 20m, 1h or 2d.")],
) -> None:
    """Move the clock of the rehearsal that AWS_ENDPOINT_URL names forward."""
    parts = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", duration)
    if parts is None or float(parts[1]) == 0:
        raise typer.BadParameter(f"duration must be a number above 0 and s, m, h or d, got {duration}; such as 1h")
    try:
        now = connect_from_env().advance(seconds=float(parts[1]) * UNITS[parts[2]])
    except RehearsalError as error:
        _fail(str(error))
    typer.echo(f"{now:%Y-%m-%d %H:%M:%S} UTC")


@app.command("effects")
def effects_command() -> None:
    """Say which properties of the stacks in the rehearsal that AWS_ENDPOINT_URL names have less effect than on AWS."""
    try:
        found = connect_from_env().properties()
    except RehearsalError as error:
        _fail(str(error))
    for line in found.lines:
        typer.echo(for_terminal(line))


@app.command("fault")
def fault_command(
    service: Annotated[str, typer.Argument(help="Whose calls go wrong, such as s3 or sagemaker.")],
    operation: Annotated[str | None, typer.Argument(help="One operation, such as PutObject; all without it.")] = None,
    error: Annotated[str | None, typer.Option(help="The code to answer with, such as SlowDown.")] = None,
    drop: Annotated[bool, typer.Option("--drop", help="End the connection instead of answering.")] = False,  # noqa: FBT002 - typer's form of a flag
    delay: Annotated[float, typer.Option(help="Seconds to keep the caller waiting.")] = 0.0,
    times: Annotated[int | None, typer.Option(help="How many calls go wrong; all without it.")] = None,
    seconds: Annotated[float | None, typer.Option(help="For how long, on the rehearsal's clock.")] = None,
    caller: Annotated[str, typer.Option(help="Part of the caller's ARN, root, or cloudformation.")] = "",
    contains: Annotated[str, typer.Option(help="Part of the call's path or body, such as /capture/.")] = "",
) -> None:
    """Have calls go wrong at the rehearsal that AWS_ENDPOINT_URL names, until `clear-faults`."""
    try:
        connect_from_env().inject(
            Fault(
                service=service,
                operation=operation,
                error=error,
                drop=drop,
                delay=delay,
                times=times,
                seconds=seconds,
                caller=caller,
                contains=contains,
            )
        )
    except (FaultError, RehearsalError) as refused:
        _fail(str(refused))


@app.command("clear-faults")
def clear_faults_command() -> None:
    """Say how often each fault was hit, and have everything go right again."""
    try:
        connection = connect_from_env()
    except RehearsalError as error:
        _fail(str(error))
    for rule in connection.faults():
        fault = {name: value for name, value in rule.items() if value not in (None, "", False, 0.0) and name != "hits"}
        typer.echo(f"{rule['hits']} hits: {json.dumps(fault)}")
    connection.clear_faults()


def _require_region(region: str) -> None:
    from botocore.session import Session  # here and not above: the other commands need none of it

    session = Session()
    partitions = session.get_available_partitions()
    known = [name for partition in partitions for name in session.get_available_regions("ec2", partition)]
    if region not in known:
        near = difflib.get_close_matches(region, known, n=1, cutoff=0.0)[0]
        _fail(f"--region must be a region of AWS, got {region}; give one such as {near}")


def _deploy_command() -> str:
    """Return how the first model of the current folder is deployed, or all where there is none."""
    first = min((file.stem for file in Path(MANIFESTS).glob("*.toml")), default=None)
    return "cdk deploy --all" if first is None else f"cdk deploy --all -c model={first}"


def _fail(message: str) -> None:
    typer.echo(for_terminal(message, kept=LAYOUT), err=True)
    raise typer.Exit(1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, 1 with a sentence, or 130 when it was interrupted or told to end.

    Without `arguments` it takes those of the process, which is how the installed `modelyard-rehearsal` calls it.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        return run_interruptible(app, arguments, name="modelyard-rehearsal")
    except TyperException as misused:
        if arguments:
            typer.echo(misused.format_message(), err=True)
        return 1 if arguments else 0


if __name__ == "__main__":
    sys.exit(main())
