"""The scenario on the screen: a line a step, what came of it, what it took here and what it would take on AWS."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

TITLE_WIDTH = 44


@dataclass(kw_only=True)
class Timeline:
    """Prints steps as they end, above a bar; without a terminal it prints the lines alone."""

    console: Console
    steps: int
    _aws_minutes: float = 0.0
    _seconds: float = 0.0
    _number: int = 0
    _progress: Progress | None = field(default=None)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the bar while the scenario runs."""
        with self._bar() as progress:
            self._progress = progress
            progress.add_task("", total=self.steps)
            yield

    @contextmanager
    def step(self, *, title: str, aws_minutes: float) -> Iterator[list[str]]:
        """Time a step; the lines that are put into the list are printed below its own."""
        self._number += 1
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], description=escape(title))
        lines: list[str] = []
        started = time.monotonic()
        try:
            yield lines
        except BaseException:
            self._line(mark=("✘", "red"), title=title, seconds=time.monotonic() - started, aws="")
            self._print_lines(lines)
            raise
        seconds = time.monotonic() - started
        self._seconds += seconds
        self._aws_minutes += aws_minutes
        self._line(mark=("✔", "green"), title=title, seconds=seconds, aws=f"on AWS {spoken(aws_minutes)}")
        self._print_lines(lines)
        if self._progress is not None:
            self._progress.advance(self._progress.task_ids[0])

    def omit(self, *, title: str, why: str) -> None:
        """Print a step that this model does not have, and why."""
        self.console.print(Text(f"-     {title:<{TITLE_WIDTH}}  {why}", style="dim"))

    def summary(self) -> str:
        """Return what the whole took here, and takes on AWS."""
        return f"{self._seconds:.0f} s here; on AWS about {spoken(self._aws_minutes)}"

    def _line(self, *, mark: tuple[str, str], title: str, seconds: float, aws: str) -> None:
        named = (f"{title:<{TITLE_WIDTH}}", "bold")
        self.console.print(Text.assemble(mark, f" {self._number:>2}  ", named, f" {seconds:>5.1f} s  ", (aws, "dim")))

    def _print_lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            style = "cyan" if line.startswith("$ ") else None
            self.console.print(f"      {line}", style=style)

    def _bar(self) -> Progress:
        columns = (
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal)


def spoken(minutes: float) -> str:
    """Return a duration as people say it: `40 s`, `12 min`, `2 h 5 min`."""
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    hours, rest = divmod(round(minutes), 60)
    return f"{rest} min" if not hours else f"{hours} h {rest} min" if rest else f"{hours} h"
