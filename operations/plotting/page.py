"""The charts of a run as one page that needs no network."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

from manifest import Model
from operations.plotting.chart import COLOURS, Chart, Series
from operations.plotting.series import values_of
from operations.training.leaderboard import OF_THE_CONTAINER, Leaderboard, Trial

STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1rem; margin: 0 0 .3rem; font-weight: 600; }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 1.5rem; }
figure { margin: 0; } svg { width: 100%; height: auto; }
polyline { fill: none; stroke-width: 2; } .grid { stroke: currentColor; opacity: .15; }
text { fill: currentColor; font-size: 11px; } .y { text-anchor: end; } .x { text-anchor: middle; }
ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; } li { white-space: nowrap; }
i { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .4em; }
"""


def charts_of(*, model: Model, board: Leaderboard, lines: Callable[[str], list[str]]) -> list[Chart]:
    """Each metric over its epochs, then the objective over each hyperparameter that was varied.

    `lines` gives the log of a job.
    """
    trials = [trial for trial in board.trials if trial.metrics]
    logs = {trial.name: lines(trial.job) for trial in trials}
    metrics = model.training.metrics if model.training is not None else {}
    found = [_over_epochs(name=name, expression=expression, logs=logs) for name, expression in metrics.items()]
    over = [_over(name=name, board=board, trials=trials) for name in varied(trials)]
    return [chart for chart in (*found, *over) if chart is not None]


def varied(trials: Sequence[Trial]) -> list[str]:
    """The hyperparameters of which the trials have more than one value."""
    names = dict.fromkeys(name for trial in trials for name in trial.hyperparameters)
    own = [name for name in names if not name.startswith(OF_THE_CONTAINER)]
    return [name for name in own if len({trial.hyperparameters.get(name) for trial in trials}) > 1]


def as_page(*, board: Leaderboard, charts: Sequence[Chart]) -> str:
    """The page: a legend, and each chart under its name."""
    names = [trial.name for trial in board.trials if trial.metrics]
    legend = "".join(_entry(number, name) for number, name in enumerate(names))
    figures = "".join(f"<figure><h2>{html.escape(chart.title)}</h2>{chart.svg}</figure>" for chart in charts)
    title = html.escape(f"Run {board.run}: {board.goal} {board.metric}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1><ul>{legend}</ul><main>{figures}</main></html>\n"
    )


def _entry(number: int, name: str) -> str:
    return f'<li><i style="background:{COLOURS[number % len(COLOURS)]}"></i>{html.escape(name)}</li>'


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
