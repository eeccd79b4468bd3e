"""Progress towards a known end."""

from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

QUARTERS = 4


class Bar(Protocol):
    """What a long piece of work tells of itself; from several threads, too."""

    def advance(self, amount: int) -> None:
        """So much more is done."""


class RichBar:
    """A bar that grows in place."""

    def __init__(self, *, console: Console, what: str, total: int, unit: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, TextColumn(f"of {total:,} {unit}"), console=console, transient=True)
        self._task = self._progress.add_task(what, total=total)

    def advance(self, amount: int) -> None:
        """See `Bar`."""
        self._progress.advance(self._task, amount)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class PlainBar:
    """A line for each quarter, for a log."""

    def __init__(self, *, console: Console, what: str, total: int, unit: str) -> None:
        self._console = console
        self._what = what
        self._total = total
        self._unit = unit
        self._done = 0
        self._told = 0

    def advance(self, amount: int) -> None:
        """See `Bar`."""
        self._done += amount
        quarter = QUARTERS * self._done // max(self._total, 1)
        if quarter > self._told:
            self._told = quarter
            self._console.print(f"{self._what}: {self._done:,} of {self._total:,} {self._unit}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to put away."""
