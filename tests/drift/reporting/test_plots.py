import math

from modelyard.drift.reporting.plots import Axes, Line, bars_over_windows, plot, sparkline


def test_a_point_that_is_no_number_is_not_drawn() -> None:
    drawn = plot(axes=Axes(label="a", x="b", y="c"), lines=[Line(kind="live", points=[(0.0, math.nan), (1.0, 1.0)])])
    assert 'points="266.0,34.0"' in drawn


def test_axes_without_a_range_have_a_place_for_their_point() -> None:
    assert Axes(label="a", x="b", y="c", low=2.0, high=2.0).point(x=2.0, y=2.0) == (34.0, 266.0)


def test_a_history_without_values_is_not_drawn() -> None:
    assert sparkline(values=[math.nan], label="x") == ""


def test_bars_without_a_difference_are_drawn_low() -> None:
    assert '<path d="M2 24v-1M10 24v-1"/>' in bars_over_windows(values=[(0.0, False), None, (0.0, False)], title="x")
