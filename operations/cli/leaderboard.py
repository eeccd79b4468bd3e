"""`yard leaderboard`."""

import webbrowser
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, Run, operator_of
from modelyard.operations.cli.tracking import screen_url
from modelyard.operations.logs.job_failure import failure_of
from modelyard.operations.operator import Operator
from modelyard.operations.training.leaderboard import Leaderboard, read_leaderboard

Csv = Annotated[bool, typer.Option("--csv", help="Print it as CSV.")]
Open = Annotated[bool, typer.Option("--open", help="Also open the trials of all runs in MLflow.")]


def leaderboard(
    context: typer.Context,
    model: Model,
    run: Run = None,
    as_csv: Csv = False,  # noqa: FBT002 - typer's flags are parameters
    opened: Open = False,  # noqa: FBT002
) -> None:
    """Show a run's trials, best first."""
    operator = operator_of(context)
    deployment = operator.deployment(model)
    board = read_leaderboard(model=deployment.model, bucket=operator.bucket(deployment), run=run)
    if as_csv:
        operator.screen.line(board.table.as_csv.rstrip("\n"))
    else:
        show_leaderboard(operator, board=board)
    if opened:
        url = screen_url(operator, deployment=deployment)
        operator.screen.note(f"MLflow, for five minutes: {url}")
        if operator.screen.is_terminal:
            webbrowser.open(url)


def show_leaderboard(operator: Operator, *, board: Leaderboard) -> None:
    """Show the trials, and why those failed that did."""
    operator.screen.emit(board.document, rendered=[board.table.rendered])
    if board.preprocessed is not None:
        operator.screen.note(board.preprocessed.sentence)
    for trial in board.trials:
        if trial.status == "Failed":
            failure = failure_of(
                aws=operator.aws, kind="Training", name=trial.job, label=trial.name, reason=trial.reason
            )
            operator.screen.notes(failure.lines)
