from __future__ import annotations

import re

import pytest
from synthesized import ROOT

from manifest.reading import read_model
from operations.plotting.chart import Chart, Series
from operations.plotting.page import as_page, charts_of, varied
from operations.plotting.series import values_of
from operations.training.leaderboard import Leaderboard, Trial

LOG = ["[0]\ttrain-auc:0.8\tvalidation-auc:0.7", "noise", "[1]\ttrain-auc:0.9\tvalidation-auc:nan"]


def trial(name: str, *, auc: float, **hyperparameters: str) -> Trial:
    metrics = {"validation:auc": auc}
    return Trial(name=name, job=name, status="Completed", hyperparameters=hyperparameters, metrics=metrics)


def board(*trials: Trial) -> Leaderboard:
    return Leaderboard(run="1", metric="validation:auc", goal="maximize", trials=trials)


TWO = board(trial("a<b", auc=0.9, depth="3", kind="x", seed="1"), trial("c", auc=0.8, depth="6", kind="y", seed="1"))


def test_the_first_group_of_an_expression_is_the_value() -> None:
    assert values_of(lines=LOG, expression=r"train-auc:([\d.]+)") == [0.8, 0.9]


def test_what_is_no_finite_number_is_no_value() -> None:
    assert values_of(lines=LOG, expression=r"validation-auc:(\S+)") == [0.7]


def test_only_what_differs_was_varied() -> None:
    assert varied(TWO.trials) == ["depth", "kind"]


def test_a_run_has_a_chart_for_each_metric_in_its_logs_and_each_hyperparameter_that_was_varied() -> None:
    charts = charts_of(model=read_model(ROOT / "models/churn.toml"), board=TWO, lines=lambda _: LOG)
    assert [f"{chart.title} over {chart.across}" for chart in charts] == [
        "train:auc over epoch",
        "validation:auc over epoch",
        "validation:auc over depth",
        "validation:auc over kind",
    ]


def test_without_logs_the_objective_is_drawn_alone() -> None:
    charts = charts_of(model=read_model(ROOT / "models/churn.toml"), board=TWO, lines=lambda _: [])
    assert [chart.across for chart in charts] == ["depth", "kind"]


def test_words_have_places_in_the_order_of_their_names() -> None:
    charts = charts_of(model=read_model(ROOT / "models/churn.toml"), board=TWO, lines=lambda _: [])
    assert charts[1].words == ("x", "y")
    assert [one.points for one in charts[1].series] == [((0.0, 0.9),), ((1.0, 0.8),)]


def test_lines_are_joined_and_points_are_not() -> None:
    points = ((1.0, 0.5), (2.0, 0.6))
    lines = Chart(title="t", across="epoch", series=(Series(name="a", points=points),), joined=True)
    dots = Chart(title="t", across="depth", series=(Series(name="a", points=points),), joined=False)
    assert (lines.svg.count("<polyline"), lines.svg.count("<circle")) == (1, 0)
    assert (dots.svg.count("<polyline"), dots.svg.count("<circle")) == (0, 2)


@pytest.mark.parametrize("points", [((1.0, 0.5),), ((1.0, 0.0),), ((1.0, 1e300), (2.0, -1e300))])
def test_every_number_of_a_chart_is_within_its_frame(points: tuple[tuple[float, float], ...]) -> None:
    svg = Chart(title="t", across="epoch", series=(Series(name="a", points=points),), joined=False).svg
    for x, y in re.findall(r'cx="([^"]+)" cy="([^"]+)"', svg):
        assert 0 <= float(x) <= 460
        assert 0 <= float(y) <= 260


def test_a_name_of_a_trial_is_text_in_the_page_and_no_markup() -> None:
    charts = charts_of(model=read_model(ROOT / "models/churn.toml"), board=TWO, lines=lambda _: LOG)
    page = as_page(board=TWO, charts=charts)
    assert "a&lt;b" in page
    assert "a<b" not in page
