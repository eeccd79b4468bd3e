"""`yard captures`, `yard drift`, `yard pause` and `yard resume`."""

from __future__ import annotations

import dataclasses
import json
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from operations.cli.options import Model, operator
from operations.deployment import Deployment
from operations.monitoring import schedule
from operations.monitoring.captures import Captures, table_of_records
from operations.monitoring.checks import check_now, history, table_of_checks
from operations.monitoring.results import DRIFT, NO_DATA, NO_DRIFT, Results, table_of_violations, violations_of
from operations.monitoring.window import window_of
from operations.operator import Operator
from operations.screen.words import counted

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
    deployment = given.deployment(model)
    results = Results(deployment=deployment)
    if now or since is not None or until is not None:
        folder = _check(given, deployment=deployment, since=since, until=until)
        folders = [one for one in results.folders() if one < folder] + [folder] if folder else []
    else:
        made = history(deployment=deployment, most=most)
        given.screen.show(*([table_of_checks(made).drawn] if made else []))
        folders = results.folders()
    if not folders:
        given.screen.give({"status": "no data"}, drawn=["No check has found captured data yet"])
        return NO_DATA
    page = output if output is not None else Path(f"drift-{deployment.model.name}.html") if opened else None
    return _verdict(given, results=results, folders=folders[-TREND:], page=page, opened=opened)


def pause(context: typer.Context, model: Model) -> None:
    """Switch the checks off, and wait until none runs."""
    _switch(operator(context), model=model, how=schedule.pause)


def resume(context: typer.Context, model: Model) -> None:
    """Switch the checks on again."""
    _switch(operator(context), model=model, how=schedule.resume)


def _switch(operator: Operator, *, model: str, how: Callable[..., None]) -> None:
    deployment = operator.deployment(model)
    name = deployment.output("monitoring", "MonitoringScheduleName")
    with operator.screen.live() as view:
        how(deployment, seen=lambda word: view.update(drawn=word, line=word))
    state = schedule.state(deployment)
    operator.screen.give({"schedule": name, "state": state}, drawn=[f"{name}: {state}"])


def _check(operator: Operator, *, deployment: Deployment, since: str | None, until: str | None) -> str:
    window = window_of(model=deployment.model, now=operator.aws.now(), since=since, until=until)
    operator.screen.note(f"Checking {window}")
    with operator.screen.live() as view:
        return check_now(
            deployment=deployment, window=window, seen=lambda word: view.update(drawn=word, line=f"check: {word}")
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
            operator.screen.line(json.dumps(dataclasses.asdict(record), ensure_ascii=False))
        else:
            operator.screen.show(f"{record.time} {record.variant}: {record.request.strip()} -> {record.answer.strip()}")
