"""What `yard drift` and `yard quality` share: their options, and how checks are made and shown."""

import dataclasses
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from modelyard.drift.reporting.files import read_summary
from modelyard.manifest.data_layout import VERDICT_FILE
from modelyard.operations.monitoring.checks import check_now, history, table_of_checks
from modelyard.operations.monitoring.monitor import Monitor
from modelyard.operations.monitoring.results import (
    DRIFT,
    NO_DATA,
    NO_DRIFT,
    Results,
    change_notes,
    change_record,
    not_compared,
    table_of_findings,
    table_of_violations,
    violations_of,
)
from modelyard.operations.monitoring.window import window_of
from modelyard.operations.operator import Operator
from modelyard.operations.quality.estimate import can_estimate, estimate_notes, estimate_record, estimate_window
from modelyard.operations.screen.words import counted

Now = Annotated[bool, typer.Option("--now", help="Run a check now: the last period and this hour so far.")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="WHEN", help="Run a check now from 3h or 2d ago, or from a time in UTC."),
]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="End of that window; default: now.")]
Open = Annotated[bool, typer.Option("--open", help="Write the report and open it.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write the report to a file.")]
Most = Annotated[int, typer.Option("--most", min=1, help="How many checks to list.")]
# As many of the last checks as the page's trend has room for.
TREND = 24


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CheckOptions:
    """The options of a check: whether to make one now, of which window, and where the page is written."""

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
    """Make a check or list those that were made, show the verdict of the last, and return the exit code for it."""
    results, model = Results(monitor=monitor), monitor.deployment.model
    if options.is_to_be_made:
        window = window_of(model=model, now=operator.aws.now(), since=options.since, until=options.until)
        operator.screen.note(f"Checking {window}")
        with operator.screen.live() as view:
            folder = check_now(
                monitor=monitor, window=window, seen=lambda word: view.update(rendered=word, line=f"check: {word}")
            )
        folders = [one for one in results.folders() if one < folder] + [folder] if folder else []
    else:
        made = history(monitor=monitor, most=options.most)
        operator.screen.show(*([table_of_checks(made).rendered] if made else []))
        folders = results.folders()
    if not folders:
        reason = "No check has found captured data yet"
        if monitor.measures:
            reason = f"There is no ground truth yet; first: yard feedback {model.name}"
        operator.screen.emit({"status": "no data"}, rendered=[reason])
        if monitor.measures and can_estimate(monitor):
            operator.screen.next_step(f"yard quality {model.name} --estimate")
        return NO_DATA
    page = options.page(monitor=monitor)
    rings = _show_check(operator, results=results, folders=folders[-TREND:], page=page)
    _open(operator, page=page, options=options)
    return DRIFT if rings else NO_DRIFT


def show_estimate(operator: Operator, *, monitor: Monitor, options: CheckOptions) -> int:
    """Show what a window's quality is estimated at from its answers alone, and return the exit code for it."""
    results, page = Results(monitor=monitor), options.page(monitor=monitor)
    model = monitor.deployment.model
    window = window_of(model=model, now=operator.aws.now(), since=options.since, until=options.until)
    operator.screen.note(f"Estimating {window}")
    with tempfile.TemporaryDirectory() as work:
        baseline = results.fetch_baseline(into=Path(work) / "baseline")
        run = estimate_window(monitor=monitor, window=window, baseline=baseline, work=Path(work))
        if run is None:
            operator.screen.emit({"status": "no data"}, rendered=["No answer was captured in that window"])
            return NO_DATA
        operator.screen.emit(
            {"window": window.input, "estimate": estimate_record(run), "page": None if page is None else str(page)},
            rendered=[Text(sentence) for sentence in estimate_notes(run)],
        )
        if page is not None:
            operator.screen.note(results.page(runs=[run], baseline=baseline, file=page))
    _open(operator, page=page, options=options)
    return NO_DRIFT


def _open(operator: Operator, *, page: Path | None, options: CheckOptions) -> None:
    if page is not None and options.opened and operator.screen.is_terminal:
        webbrowser.open(page.resolve().as_uri())


def _show_check(operator: Operator, *, results: Results, folders: list[str], page: Path | None) -> bool:
    """Show what the last check found, write the page where one is wanted, and return whether the alarm rings."""
    with tempfile.TemporaryDirectory() as work:
        # statistics may be large, and only the page draws those of earlier checks; checks of quality have no verdict
        only = None if page is not None else VERDICT_FILE
        earlier = [] if page is None and results.monitor.measures else folders[:-1]
        before = results.fetch(folders=earlier, into=Path(work) / "runs", only=only)
        (run,) = results.fetch(folders=folders[-1:], into=Path(work) / "runs")
        baseline = results.fetch_baseline(into=Path(work) / "baseline")
        violations, summary = violations_of(run), read_summary(run=run, before=before, baseline=baseline)
        hour = folders[-1].split("/")[-4:]
        title = f"Check up to {'-'.join(hour[:3])} {hour[3]}:00 UTC"
        table, ignored = table_of_violations(violations), () if results.monitor.measures else not_compared(run)
        findings = table_of_findings(summary.findings, answer=results.answer_column(baseline=baseline))
        verdict = counted(len(violations), "violation") if violations else "no violation"
        operator.screen.emit(
            {
                "until": title,
                "folder": folders[-1],
                "violations": table.records,
                "not_compared": list(ignored),
                "verdict": change_record(summary),
                **({"estimate": estimate_record(run)} if results.monitor.measures else {}),
                "page": None if page is None else str(page),
            },
            rendered=[f"{title}: {verdict}", *([findings.rendered] if violations else [])],
        )
        operator.screen.notes(change_notes(summary))
        operator.screen.notes(estimate_notes(run) if results.monitor.measures else ())
        operator.screen.notes(summary.diagnoses)
        if page is not None:
            operator.screen.note(results.page(runs=[*before, run], baseline=baseline, file=page))
    return summary.status == "violations"
