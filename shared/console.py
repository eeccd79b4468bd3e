"""The one place where consoles are made: what is printed neither depends on a terminal's width nor commands it."""

from collections.abc import Iterable
from itertools import accumulate
from typing import IO

import typer.rich_utils
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Span, Text

from modelyard.drift.escaping import LAYOUT, for_terminal

HELP_COLUMNS = 80


def make_console(*, stderr: bool = False, record: bool = False, file: IO[str] | None = None) -> Console:
    """Return a console that breaks no line, cuts none off and reads no text as markup.

    A terminal that is narrower continues a line below without a break in it, so that what is copied there is whole:
    a path, an ARN, a command, JSON. It writes to `file`, else to the standard output or error.
    """
    return _VisibleConsole(
        stderr=stderr, record=record, file=file, soft_wrap=True, highlight=False, markup=False, emoji=False
    )


class _VisibleConsole(Console):
    """Shows what is invisible in a text: rich itself leaves escape sequences and marks of direction as they are."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """See `Console`, which comes by here with all that it lays out, cells of tables too."""
        return super().render(_visible(renderable) if isinstance(renderable, Text) else renderable, options)


def _visible(text: Text) -> Text:
    """Each character by itself, so that what has been made visible before stays as it is."""
    parts = [for_terminal(character, kept=LAYOUT) for character in text.plain]
    if "".join(parts) == text.plain:
        return text
    starts = [0, *accumulate(map(len, parts))]
    shown = text.blank_copy("".join(parts))
    shown.spans = [Span(starts[one.start], starts[min(one.end, len(parts))], one.style) for one in text.spans]
    return shown


def fix_help_width() -> None:
    """Have typer lay its help out for 80 columns: at the width of a terminal it would cut names of options off."""
    typer.rich_utils.MAX_WIDTH = HELP_COLUMNS
