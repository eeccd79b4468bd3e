"""What there is to draw of a run."""

from collections.abc import Callable, Sequence

from modelyard.manifest import Model
from modelyard.operations.plotting.chart import Chart, Series
from modelyard.operations.plotting.series import values_of
from modelyard.operations.training.leaderboard import OF_THE_CONTAINER, Leaderboard, Trial


def charts_of(*, model: Model, board: Leaderboard, lines: Callable[[str], list[str]]) -> list[Chart]:
    """Return each metric over its epochs, then the objective over each hyperparameter that was varied.

    `lines` gives the log of a job.
    """
    trials = [trial for trial in board.trials if trial.metrics]
    logs = {trial.name: lines(trial.job) for trial in trials}
    metrics = model.training.metrics if model.training is not None else {}
    found = [_over_epochs(name=name, expression=expression, logs=logs) for name, expression in metrics.items()]
    over = [_over(name=name, board=board, trials=trials) for name in varied(trials)]
    return [chart for chart in (*found, *over) if chart is not None]


def varied(trials: Sequence[Trial]) -> list[str]:
    """Return the hyperparameters of which the trials have more than one value."""
    names = dict.fromkeys(name for trial in trials for name in trial.hyperparameters)
    own = [name for name in names if not name.startswith(OF_THE_CONTAINER)]
    return [name for name in own if len({trial.hyperparameters.get(name) for trial in trials}) > 1]


def title_of(board: Leaderboard) -> str:
    """Return which run it is, and what it was to reach."""
    return f"Run {board.run}: {board.goal} {board.metric}"


def names_of(board: Leaderboard) -> list[str]:
    """Return the trials that are drawn, in the order of their colours."""
    return [trial.name for trial in board.trials if trial.metrics]


def _over_epochs(*, name: str, expression: str, logs: dict[str, list[str]]) -> Chart | None:
    values = {trial: values_of(lines=lines, expression=expression) for trial, lines in logs.items()}
    if not any(values.values()):
        return None
    series = tuple(
        Series(name=trial, points=tuple((float(epoch), value) for epoch, value in enumerate(found, 1)))
        for trial, found in values.items()
    )
    return Chart(title=name, across="epoch", series=series, joined=True)


def _over(*, name: str, board: Leaderboard, trials: Sequence[Trial]) -> Chart | None:
    """A trial that was not told has no place; values that are no numbers get places in the order of their names."""
    told = {trial.name: trial.hyperparameters[name] for trial in trials if name in trial.hyperparameters}
    numeric = all(map(_is_number, told.values()))
    words = () if numeric else tuple(sorted(set(told.values())))
    series = []
    for trial in trials:
        value = board.value(trial)
        given = told.get(trial.name)
        place = None if given is None else float(given) if numeric else float(words.index(given))
        points = () if value is None or place is None else ((place, value),)
        series.append(Series(name=trial.name, points=points))
    drawn = any(one.points for one in series)
    return Chart(title=board.metric, across=name, series=tuple(series), joined=False, words=words) if drawn else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
