"""A command line that may be interrupted at any moment, and then leaves no process behind."""

import signal
from collections.abc import Sequence

import typer
from typer.main import get_command

from modelyard.rehearsal.containers.processes import kill_all

INTERRUPTED = 130


def run_interruptible(app: typer.Typer, arguments: Sequence[str], *, name: str) -> int:
    """Run a command line, and return its exit code: 130 when it was interrupted or terminated.

    Raises:
        TyperException: the command line cannot be taken.

    """
    # Set here too: whoever starts this in the background has its interrupts ignored otherwise.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = get_command(app)(list(arguments), prog_name=name, standalone_mode=False)
    if code == INTERRUPTED:
        kill_all()
        typer.echo("Interrupted; everything of the rehearsal has ended", err=True)
    return code if isinstance(code, int) else 0
