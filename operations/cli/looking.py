"""`yard lineage`."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from operations.cli.options import Model, Run, operator
from operations.training.leaderboard import read_leaderboard
from operations.training.lineage import Lineage, table_of_links

Trial = Annotated[str | None, typer.Argument(metavar="[TRIAL]", help="A trial of the run; else its best.")]


def lineage(context: typer.Context, model: Model, trial: Trial = None, run: Run = None) -> None:
    """Show where a trial's model comes from and went."""
    given = operator(context)
    deployment = given.deployment(model)
    board = read_leaderboard(model=deployment.model, bucket=given.bucket(deployment), run=run)
    chosen = board.trial(trial) if trial is not None else board.best
    links = list(Lineage(deployment=deployment, board=board, trial=chosen).links())
    given.screen.give([dataclasses.asdict(one) for one in links], drawn=[table_of_links(links).drawn])
