"""What `yard drift` and `yard quality` share: their options, and how checks are made and shown."""

from __future__ import annotations

import dataclasses
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.monitoring.checks import check_now, history, table_of_checks
from modelyard.operations.monitoring.monitor import Monitor
from modelyard.operations.monitoring.results import (
    DRIFT,
    NO_DATA,
    NO_DRIFT,
    Results,
    table_of_violations,
    violations_of,
)
from modelyard.operations.monitoring.window import window_of
from modelyard.operations.operator import Operator
from modelyard.operations.screen.words import counted

Now = Annotated[bool, typer.Option("--now", help="Check now: the last period, and this hour so far.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="Check now from 3h or 2d ago, or from a time in UTC.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="The end of that window; else now.")]
Open = Annotated[bool, typer.Option("--open", help="Write the page and open it.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write the page there.")]
Most = Annotated[int, typer.Option("--most", min=1, help="How many checks to list.")]
# As many of the last checks as the page's trend has room for.
TREND = 24


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CheckOptions:
    """What was asked of a check: to make one now of a window, and to draw the page."""

    now: bool
    since: str | None
    until: str | None
    opened: bool
    output: Path | None
    most: int

    @property
    def is_to_be_made(self) -> bool:
        """Whether a check is to be made now."""
        return self.now or self.since is not None or self.until is not None

    def page(self, *, monitor: Monitor) -> Path | None:
        """Return where the page is to be written; None where none is wanted."""
        named = Path(f"{monitor.kind.word}-{monitor.deployment.model.name}.html") if self.opened else None
        return self.output if self.output is not None else named


def show_checks(operator: Operator, *, monitor: Monitor, options: CheckOptions) -> int:
    """Make a check or list those that were made, and end with the verdict of the last."""
    results = Results(monitor=monitor)
    if options.is_to_be_made:
        folder = _check(operator, monitor=monitor, options=options)
        folders = [one for one in results.folders() if one < folder] + [folder] if folder else []
    else:
        made = history(monitor=monitor, most=options.most)
        operator.screen.show(*([table_of_checks(made).rendered] if made else []))
        folders = results.folders()
    if not folders:
        operator.screen.emit({"status": "no data"}, rendered=[_nothing(monitor)])
        return NO_DATA
    page = options.page(monitor=monitor)
    return _verdict(operator, results=results, folders=folders[-TREND:], page=page, opened=options.opened)


def _nothing(monitor: Monitor) -> str:
    if not monitor.measures:
        return "No check has found captured data yet"
    return f"Nothing that proved true was told yet; first: yard feedback {monitor.deployment.model.name}"


def _check(operator: Operator, *, monitor: Monitor, options: CheckOptions) -> str:
    model = monitor.deployment.model
    window = window_of(model=model, now=operator.aws.now(), since=options.since, until=options.until)
    operator.screen.note(f"Checking {window}")
    with operator.screen.live() as view:
        return check_now(
            monitor=monitor, window=window, seen=lambda word: view.update(rendered=word, line=f"check: {word}")
        )


def _verdict(operator: Operator, *, results: Results, folders: list[str], page: Path | None, opened: bool) -> int:
    with tempfile.TemporaryDirectory() as work:
        runs = results.fetch(folders=folders if page is not None else folders[-1:], into=Path(work) / "runs")
        found = violations_of(runs[-1])
        hour = folders[-1].split("/")[-4:]
        title = f"Check up to {'-'.join(hour[:3])} {hour[3]}:00 UTC"
        document = {
            "until": title,
            "folder": folders[-1],
            "violations": table_of_violations(found).records,
            "page": str(page) if page else None,
        }
        verdict = counted(len(found), "violation") if found else "no violation"
        shown = [table_of_violations(found).rendered] if found else []
        operator.screen.emit(document, rendered=[f"{title}: {verdict}", *shown])
        if page is not None:
            operator.screen.note(results.page(runs=runs, work=Path(work), file=page))
    if page is not None and opened and operator.screen.is_terminal:
        webbrowser.open(page.resolve().as_uri())
    return DRIFT if found else NO_DRIFT
