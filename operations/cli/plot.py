"""`yard plot`."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.cli.options import Model, Run, operator_of
from modelyard.operations.failures import Failure
from modelyard.operations.plotting.charts import charts_of, names_of, title_of
from modelyard.operations.plotting.page import as_page
from modelyard.operations.plotting.series import log_lines
from modelyard.operations.training.leaderboard import read_leaderboard

Output = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="The .html or .png file; default: plot-MODEL.html.")
]
Open = Annotated[bool, typer.Option("--open", help="Open it.")]
PAGE, PICTURE = ".html", ".png"


def plot(context: typer.Context, model: Model, run: Run = None, output: Output = None, opened: Open = False) -> None:  # noqa: FBT002 - typer's flags are parameters
    """Plot a run's metrics and objective.

    Metrics over epochs, from the jobs' logs; the objective over each hyperparameter that differs.
    """
    operator = operator_of(context)
    deployment = operator.deployment(model)
    file = output if output is not None else Path(f"plot-{deployment.model.name}{PAGE}")
    if file.suffix not in (PAGE, PICTURE):
        raise Failure(f"--output must end in {PAGE} or {PICTURE}, got {file}; name such a file")
    board = read_leaderboard(model=deployment.model, bucket=operator.bucket(deployment), run=run)
    charts = charts_of(model=deployment.model, board=board, lines=lambda job: log_lines(aws=operator.aws, job=job))
    if not charts:
        raise Failure(f"The run {board.run} has nothing to draw: no log with a metric, nothing that was varied")
    title, trials = title_of(board), names_of(board)
    if file.suffix == PAGE:
        file.write_text(as_page(title=title, names=trials, charts=charts), encoding="utf-8")
    else:
        from modelyard.operations.plotting.picture import as_png  # here and not above: no other command needs Pillow

        file.write_bytes(as_png(title=title, names=trials, charts=charts))
    names = [chart.name for chart in charts]
    operator.screen.emit({"file": str(file), "charts": names}, rendered=[f"{file}: {', '.join(names)}"])
    if opened and operator.screen.is_terminal:
        webbrowser.open(file.resolve().as_uri())
