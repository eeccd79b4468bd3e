"""`yard lineage`."""

import dataclasses
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, Run, operator_of
from modelyard.operations.training.leaderboard import read_leaderboard
from modelyard.operations.training.lineage import Lineage, table_of_links

Trial = Annotated[str | None, typer.Argument(metavar="TRIAL", help="A trial of the run; default: the best.")]


def lineage(context: typer.Context, model: Model, trial: Trial = None, run: Run = None) -> None:
    """Show where a trial's model comes from and is used."""
    operator = operator_of(context)
    deployment = operator.deployment(model)
    board = read_leaderboard(model=deployment.model, bucket=operator.bucket(deployment), run=run)
    chosen = board.trial(trial) if trial is not None else board.best
    links = list(Lineage(deployment=deployment, board=board, trial=chosen).links())
    operator.screen.emit([dataclasses.asdict(one) for one in links], rendered=[table_of_links(links).rendered])
