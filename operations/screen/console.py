"""The one place where consoles are made: what is printed does not depend on a terminal's width."""

from __future__ import annotations

from typing import IO

import typer.rich_utils
from rich.console import Console

HELP_COLUMNS = 80


def make_console(*, stderr: bool = False, record: bool = False, file: IO[str] | None = None) -> Console:
    """A console that breaks no line, cuts none off and reads no text as markup.

    A terminal that is narrower continues a line below without a break in it, so that what is copied there is whole:
    a path, an ARN, a command, JSON. It writes to `file`, else to the standard output or error.
    """
    return Console(stderr=stderr, record=record, file=file, soft_wrap=True, highlight=False, markup=False, emoji=False)


def fix_help_width() -> None:
    """Have typer lay its help out for 80 columns: at the width of a terminal it would cut names of options off."""
    typer.rich_utils.MAX_WIDTH = HELP_COLUMNS
