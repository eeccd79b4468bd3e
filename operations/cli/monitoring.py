"""`yard captures`, `yard drift`, `yard quality`, `yard pause` and `yard resume`."""

from __future__ import annotations

import dataclasses
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from modelyard.drift.escaping import for_terminal
from modelyard.operations.cli.options import Model, operator
from modelyard.operations.monitoring import schedule
from modelyard.operations.monitoring.captures import Captures, table_of_records
from modelyard.operations.monitoring.checks import check_now, history, table_of_checks
from modelyard.operations.monitoring.monitor import Monitor, drift_of, monitors_of, quality_of
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

Follow = Annotated[bool, typer.Option("--follow", help="Go on with what arrives, until Ctrl-C.")]
Last = Annotated[int, typer.Option("--last", min=0, help="How many records to show.")]
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


def captures(context: typer.Context, model: Model, follow: Follow = False, last: Last = 5) -> None:  # noqa: FBT002 - typer's flags are parameters
    """Show what was captured, decoded."""
    given = operator(context)
    deployment = given.deployment(model)
    found = Captures(bucket=given.bucket(deployment), prefix=deployment.output("serving", "CapturePrefix"))
    if follow:
        _follow(given, captures=found)
    hours, records = found.by_hour(), found.newest(last)
    document = {"hours": hours.records, "records": [dataclasses.asdict(one) for one in records]}
    given.screen.give(document, drawn=[hours.drawn, *([table_of_records(records).drawn] if records else [])])


def drift(
    context: typer.Context,
    model: Model,
    now: Now = False,  # noqa: FBT002
    since: Since = None,
    until: Until = None,
    opened: Open = False,  # noqa: FBT002
    output: Output = None,
    most: Most = 5,
) -> int:
    """Show the checks and their verdict, or check now.

    Ends with 0, with 2 for drift, with 3 for no data.
    """
    given = operator(context)
    asked = Asked(now=now, since=since, until=until, opened=opened, output=output, most=most)
    return _show(given, monitor=drift_of(given.deployment(model)), asked=asked)


def quality(
    context: typer.Context,
    model: Model,
    now: Now = False,  # noqa: FBT002
    since: Since = None,
    until: Until = None,
    opened: Open = False,  # noqa: FBT002
    output: Output = None,
    most: Most = 5,
) -> int:
    """Show how good the answers were, or measure now.

    By what proved true of them, which yard feedback tells.

    Ends with 0, with 2 for answers worse than the baseline's, with 3 for no data.
    """
    given = operator(context)
    asked = Asked(now=now, since=since, until=until, opened=opened, output=output, most=most)
    return _show(given, monitor=quality_of(given.deployment(model)), asked=asked)


def pause(context: typer.Context, model: Model) -> None:
    """Switch the checks off, and wait until none runs."""
    _switch(operator(context), model=model, how=schedule.pause)


def resume(context: typer.Context, model: Model) -> None:
    """Switch the checks on again."""
    _switch(operator(context), model=model, how=schedule.resume)


def _switch(operator: Operator, *, model: str, how: Callable[..., None]) -> None:
    states = {}
    for monitor in monitors_of(operator.deployment(model)):
        with operator.screen.live() as view:
            how(monitor, seen=lambda word: view.update(drawn=word, line=word))
        states[monitor.schedule] = schedule.state(monitor)
    document = [{"schedule": name, "state": state} for name, state in states.items()]
    operator.screen.give({"schedules": document}, drawn=[f"{name}: {state}" for name, state in states.items()])


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
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
        """Where the page is to be written; None where none is wanted."""
        named = Path(f"{monitor.kind.word}-{monitor.deployment.model.name}.html") if self.opened else None
        return self.output if self.output is not None else named


def _show(operator: Operator, *, monitor: Monitor, asked: Asked) -> int:
    """Make a check or list those that were made, and end with the verdict of the last."""
    results = Results(monitor=monitor)
    if asked.is_to_be_made:
        folder = _check(operator, monitor=monitor, asked=asked)
        folders = [one for one in results.folders() if one < folder] + [folder] if folder else []
    else:
        made = history(monitor=monitor, most=asked.most)
        operator.screen.show(*([table_of_checks(made).drawn] if made else []))
        folders = results.folders()
    if not folders:
        operator.screen.give({"status": "no data"}, drawn=[_nothing(monitor)])
        return NO_DATA
    page = asked.page(monitor=monitor)
    return _verdict(operator, results=results, folders=folders[-TREND:], page=page, opened=asked.opened)


def _nothing(monitor: Monitor) -> str:
    if not monitor.measures:
        return "No check has found captured data yet"
    return f"Nothing that proved true was told yet; first: yard feedback {monitor.deployment.model.name}"


def _check(operator: Operator, *, monitor: Monitor, asked: Asked) -> str:
    model = monitor.deployment.model
    window = window_of(model=model, now=operator.aws.now(), since=asked.since, until=asked.until)
    operator.screen.note(f"Checking {window}")
    with operator.screen.live() as view:
        return check_now(
            monitor=monitor, window=window, seen=lambda word: view.update(drawn=word, line=f"check: {word}")
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
        shown = [table_of_violations(found).drawn] if found else []
        operator.screen.give(document, drawn=[f"{title}: {verdict}", *shown])
        if page is not None:
            operator.screen.note(results.page(runs=runs, work=Path(work), file=page))
    if page is not None and opened and operator.screen.is_terminal:
        webbrowser.open(page.resolve().as_uri())
    return DRIFT if found else NO_DRIFT


def _follow(operator: Operator, *, captures: Captures) -> None:
    """A line for each record, for as long as somebody looks."""
    for record in captures.follow():
        if operator.screen.as_json:
            operator.screen.document(dataclasses.asdict(record))
        else:
            told = f"{record.time} {record.variant}: {record.request.strip()} -> {record.answer.strip()}"
            operator.screen.show(Text(for_terminal(told)))
