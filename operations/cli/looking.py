"""`yard lineage` and `yard plot`."""

from __future__ import annotations

import dataclasses
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from operations.cli.options import Model, Run, operator
from operations.failures import Failure
from operations.plotting.page import as_page, charts_of
from operations.plotting.series import log_lines
from operations.training.leaderboard import read_leaderboard
from operations.training.lineage import Lineage, table_of_links

Trial = Annotated[str | None, typer.Argument(metavar="[TRIAL]", help="A trial of the run; else its best.")]
Output = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="The page to write; else plot-MODEL.html.")
]
Open = Annotated[bool, typer.Option("--open", help="Open the page.")]


def lineage(context: typer.Context, model: Model, trial: Trial = None, run: Run = None) -> None:
    """Show where a trial's model comes from and went."""
    given = operator(context)
    deployment = given.deployment(model)
    board = read_leaderboard(model=deployment.model, bucket=given.bucket(deployment), run=run)
    chosen = board.trial(trial) if trial is not None else board.best
    links = list(Lineage(deployment=deployment, board=board, trial=chosen).links())
    given.screen.give([dataclasses.asdict(one) for one in links], drawn=[table_of_links(links).drawn])


def plot(context: typer.Context, model: Model, run: Run = None, output: Output = None, opened: Open = False) -> None:  # noqa: FBT002 - typer's flags are parameters
    """Draw a run's metrics and objective as a page.

    Metrics are drawn over epochs, from the jobs' logs; the objective over each hyperparameter that was varied.
    """
    given = operator(context)
    deployment = given.deployment(model)
    board = read_leaderboard(model=deployment.model, bucket=given.bucket(deployment), run=run)
    charts = charts_of(model=deployment.model, board=board, lines=lambda job: log_lines(aws=given.aws, job=job))
    if not charts:
        raise Failure(f"The run {board.run} has nothing to draw: no log with a metric, nothing that was varied")
    file = output if output is not None else Path(f"plot-{deployment.model.name}.html")
    file.write_text(as_page(board=board, charts=charts), encoding="utf-8")
    titles = [f"{chart.title} over {chart.across}" for chart in charts]
    given.screen.give({"page": str(file), "charts": titles}, drawn=[f"{file}: {', '.join(titles)}"])
    if opened and given.screen.is_terminal:
        webbrowser.open(file.resolve().as_uri())
