import io
import re

import pytest
from PIL import Image, ImageColor

from modelyard.manifest.reading import read_model
from modelyard.operations.plotting.chart import Chart, Series, ticks
from modelyard.operations.plotting.charts import charts_of, names_of, title_of, varied
from modelyard.operations.plotting.page import as_page, as_svg
from modelyard.operations.plotting.picture import as_png
from modelyard.operations.plotting.series import values_of
from modelyard.operations.training.leaderboard import Leaderboard, Trial
from support.synth import ROOT

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
    assert (as_svg(lines).count("<polyline"), as_svg(lines).count("<circle")) == (1, 0)
    assert (as_svg(dots).count("<polyline"), as_svg(dots).count("<circle")) == (0, 2)


@pytest.mark.parametrize("points", [((1.0, 0.5),), ((1.0, 0.0),), ((1.0, 1e300), (2.0, -1e300))])
def test_every_number_of_a_chart_is_within_its_frame(points: tuple[tuple[float, float], ...]) -> None:
    chart = Chart(title="t", across="epoch", series=(Series(name="a", points=points),), joined=False)
    for x, y in re.findall(r'cx="([^"]+)" cy="([^"]+)"', as_svg(chart)):
        assert 0 <= float(x) <= 460
        assert 0 <= float(y) <= 260


@pytest.mark.parametrize(
    ("low", "high", "numbers"),
    [
        (1, 60, [20, 40, 60]),
        (0.7036, 0.9489, [0.75, 0.8, 0.85, 0.9]),
        (2.76, 6.24, [3, 4, 5, 6]),
        (-0.0012, 0.0031, [-0.001, 0, 0.001, 0.002, 0.003]),
    ],
)
def test_an_axis_has_a_few_round_numbers(low: float, high: float, numbers: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(numbers)


def test_there_is_no_half_an_epoch() -> None:
    assert ticks(1, 3, least=1.0) == [1, 2, 3]


def test_the_picture_has_the_charts_in_two_columns() -> None:
    charts = charts_of(model=read_model(ROOT / "models/churn.toml"), board=TWO, lines=lambda _: LOG)
    one, all_of_them = picture(charts[:1]), picture(charts)
    assert one.width == all_of_them.width
    assert all_of_them.height - one.height == 2 * (24 + 260 + 24)


def test_the_picture_has_each_trial_in_its_colour() -> None:
    charts = charts_of(model=read_model(ROOT / "models/churn.toml"), board=TWO, lines=lambda _: [])
    image = picture(charts)
    count, colours = image.width * image.height, ("#0072b2", "#d55e00")
    found = {colour for _, colour in image.getcolors(maxcolors=count) or []}
    assert {ImageColor.getrgb(one) for one in colours} <= found


def test_the_legend_of_the_picture_goes_on_in_a_line_of_its_own() -> None:
    many = [f"a-trial-of-a-long-name-{number}" for number in range(12)]
    charts = charts_of(model=read_model(ROOT / "models/churn.toml"), board=TWO, lines=lambda _: [])
    assert picture(charts, names=many).height > picture(charts, names=many[:2]).height


def test_a_name_that_the_picture_s_font_has_no_shape_for_is_no_failure() -> None:
    charts = charts_of(model=read_model(ROOT / "models/churn.toml"), board=TWO, lines=lambda _: [])
    assert picture(charts, names=["日本語"]).size == picture(charts, names=["???"]).size


def picture(charts: list[Chart], *, names: list[str] | None = None) -> Image.Image:
    drawn = as_png(title=title_of(TWO), names=names_of(TWO) if names is None else names, charts=charts)
    return Image.open(io.BytesIO(drawn))


def test_a_name_of_a_trial_is_text_in_the_page_and_no_markup() -> None:
    charts = charts_of(model=read_model(ROOT / "models/churn.toml"), board=TWO, lines=lambda _: LOG)
    page = as_page(title=title_of(TWO), names=names_of(TWO), charts=charts)
    assert "a&lt;b" in page
    assert "a<b" not in page
