"""Where a command writes: results to the standard output, all else to the standard error."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import RenderableType
from rich.live import Live
from rich.text import Text

from modelyard.drift.escaping import LAYOUT, for_terminal
from modelyard.operations.screen.progress import Bar, PlainBar, RichBar
from modelyard.operations.screen.table import Table
from modelyard.shared.console import make_console

REFRESHES_A_SECOND = 8


class Screen:
    """What the commands write on.

    With `as_json` a result is one JSON document on the standard output, and nothing else is.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._out = make_console()
        self._notes = make_console(stderr=True)

    @property
    def is_terminal(self) -> bool:
        """Whether somebody is looking at the result."""
        return self._out.is_terminal

    def note(self, text: str) -> None:
        """Something to know that is no result, in one line."""
        self._notes.print(Text(for_terminal(text)))

    def notes(self, lines: Iterable[str]) -> None:
        """Something to know in several lines."""
        for line in lines:
            self.note(line)

    def next_step(self, command: str) -> None:
        """The command that comes next."""
        self._notes.print(Text.assemble(("next: ", "dim"), (command, "bold")))

    def show(self, *renderables: RenderableType) -> None:
        """A result for eyes; nothing in JSON, where `emit` writes it."""
        if not self.as_json:
            for one in renderables:
                self._out.print(_rendered(one))

    def line(self, text: str) -> None:
        """A result of plain text, at once, for whoever follows in a pipe waits for it: there it is as it is."""
        self._write(for_terminal(text, kept=LAYOUT) if self.is_terminal else text)

    def document(self, document: Any, *, indent: int | None = None) -> None:
        """A result as JSON, of ASCII alone: what a terminal would obey is escaped as JSON escapes it."""
        self._write(json.dumps(document, indent=indent, default=str))

    def _write(self, text: str) -> None:
        self._out.file.write(f"{text}\n")
        self._out.file.flush()

    def table(self, table: Table) -> None:
        """Rows as a table, or as JSON."""
        self.emit(table.records, rendered=[table.rendered])

    def emit(self, document: Any, *, rendered: list[RenderableType]) -> None:
        """A result: the document as JSON where that was asked for, else what is rendered of it."""
        if self.as_json:
            self.document(document, indent=2)
        else:
            self.show(*rendered)

    @contextmanager
    def bar(self, *, what: str, total: int, unit: str) -> Iterator[Bar]:
        """Progress towards a known end: a bar on a terminal, a few lines elsewhere."""
        kind = RichBar if self._notes.is_terminal else PlainBar
        with kind(console=self._notes, what=what, total=total, unit=unit) as bar:
            yield bar

    @contextmanager
    def live(self) -> "Iterator[LiveView]":
        """A view that changes in place on a terminal, and is a line at each change elsewhere."""
        if not self._notes.is_terminal:
            yield LiveView(screen=self, live=None)
            return
        with Live(console=self._notes, refresh_per_second=REFRESHES_A_SECOND, transient=True) as live:
            yield LiveView(screen=self, live=live)


class LiveView:
    """What a live view is told: the whole to draw, and in one line what is new."""

    def __init__(self, *, screen: Screen, live: Live | None) -> None:
        self._screen = screen
        self._live = live
        self._last = ""

    def update(self, *, rendered: RenderableType, line: str) -> None:
        """Show the newest state."""
        if self._live is not None:
            self._live.update(_rendered(rendered))
        elif line != self._last:
            self._screen.note(line)
        self._last = line


def _rendered(renderable: RenderableType) -> RenderableType:
    """A text before rich takes some of its control characters away."""
    return Text(for_terminal(renderable, kept=LAYOUT)) if isinstance(renderable, str) else renderable
