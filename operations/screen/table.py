"""Rows under headings, for eyes, for a spreadsheet and for programs."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table as RichTable
from rich.text import Text

from modelyard.drift.escaping import LAYOUT, for_markdown, for_terminal

Cell = str | int | float | bool | None
NONE = "-"
# A table is as wide as its cells: what does not fit a terminal is shown otherwise, and never folded.
UNBOUNDED = 1_000_000

# What a word says of the thing it describes, whichever service says it.
GOOD = frozenset(
    {"Completed", "InService", "OK", "Scheduled", "CREATE_COMPLETE", "UPDATE_COMPLETE", "SUCCEEDED", "ENABLED"}
)
BAD = frozenset({"Failed", "ALARM", "CompletedWithViolations", "FAILED", "ABORTED", "TIMED_OUT", "RolledBack"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of the same cells; a number is kept as one until it is rendered.

    Raises:
        ValueError: a row has more or fewer cells than there are columns.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row must have {len(self.columns)} cells, got {len(row)}: {row!r}")

    @property
    def records(self) -> list[dict[str, Cell]]:
        """The rows by heading, as JSON has them."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    @property
    def as_csv(self) -> str:
        """The rows as CSV with a header; what is not there is left empty."""
        written = io.StringIO()
        writer = csv.writer(written, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([["" if cell is None else cell for cell in row] for row in self.rows])
        return written.getvalue()

    @property
    def as_markdown(self) -> str:
        """The rows as a table of GitHub's and GitLab's Markdown, without the title; what is not there is left empty."""
        cells = [["" if cell is None else for_markdown(str(cell)) for cell in row] for row in self.rows]
        head = [f"| {' | '.join(map(for_markdown, self.columns))} |", f"|{'---|' * len(self.columns)}"]
        return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in cells)])

    @property
    def rendered(self) -> RenderableType:
        """The rows as rich draws them: numbers to the right, words that mean good or bad in their colour."""
        return Group(Text(for_terminal(self.title), style="bold"), self) if self.title else self

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """As a table, or on a terminal that is too narrow for it as a list of each row's cells; each cell whole."""
        unbounded = options.update(width=UNBOUNDED)
        shown = self._as_table()
        width = console.measure(shown, options=unbounded).maximum
        if console.file.isatty() and width > options.max_width:
            shown = self._as_list()
        yield from console.render(shown, unbounded)

    def _as_table(self) -> RichTable:
        table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
        for index, column in enumerate(self.columns):
            cells = [row[index] for row in self.rows if row[index] is not None]
            is_numeric = all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells)
            justify: Literal["left", "right"] = "right" if cells and is_numeric else "left"
            # A column of no width would be left out, and some characters have none where they stand alone.
            table.add_column(Text(for_terminal(column)), justify=justify, no_wrap=True, min_width=1)
        for row in self.rows:
            table.add_row(*map(_rendered, row))
        return table

    def _as_list(self) -> RichTable:
        table = RichTable.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, style="dim")
        table.add_column(no_wrap=True)
        for row in self.rows:
            table.add_row()
            for column, cell in zip(self.columns, row, strict=True):
                table.add_row(Text(for_terminal(column)), _rendered(cell))
        return table


def table_of(records: Sequence[dict[str, Any]], *, title: str = "") -> Table:
    """Return a table of records, whose columns are all their keys in the order in which they come up."""
    columns = tuple(dict.fromkeys(key for record in records for key in record))
    rows = tuple(tuple(record.get(column) for column in columns) for record in records)
    return Table(columns=columns, rows=rows, title=title)


def _rendered(cell: Cell) -> Text:
    if cell is None:
        return Text(NONE, style="dim")
    if isinstance(cell, bool):
        return Text("yes" if cell else "no")
    text = f"{cell:,.6g}" if isinstance(cell, float) else str(cell)
    return Text(for_terminal(text, kept=LAYOUT), style="green" if text in GOOD else "bold red" if text in BAD else "")
