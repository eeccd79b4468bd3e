from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from modelyard.drift.errors import DriftError
from modelyard.drift.verdict.earlier import (
    MOST_WINDOWS,
    Earlier,
    Window,
    WindowTest,
    earlier_by_time,
    earlier_in_order,
)
from modelyard.drift.verdict.hypothesis_test import Aspect, Scope
from modelyard.drift.verdict.spread import FEWEST_WINDOWS, PROVISIONAL
from modelyard.drift.verdict.verdict import Answer, AspectVerdict, EarlierChecks, Verdict

VerdictOn = Callable[..., Verdict]
Drawn = Callable[..., list[str]]
KNOWN = [f"{value:.6f}" for value in np.random.default_rng(11).normal(size=4000)]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def drawn() -> Drawn:
    """Draw a window's values, the same in each run of a test."""
    generator = np.random.default_rng(12)

    def draw(rows: int, *, copies: int = 1, mean: float = 0) -> list[str]:
        values = np.repeat(generator.normal(mean, 1, rows // copies), copies)
        return [f"{value:.6f}" for value in values]

    return draw


def known_of(windows: Sequence[Window]) -> Earlier:
    return earlier_in_order(windows, hours=1)


def checked(verdict_on: VerdictOn, live: Sequence[object], windows: list[Window]) -> Verdict:
    """The verdict on the next window, which becomes one of the earlier."""
    found = verdict_on(KNOWN, live, earlier=known_of(windows))
    assert found.window is not None
    windows.append(found.window)
    return found


def values_of(verdict: Verdict, scope: Scope = Scope.WINDOW) -> AspectVerdict:
    (column,) = (one for one in verdict.columns if one.name == "value")
    return next(one for one in column.aspects if (one.aspect, one.scope) == (Aspect.VALUES, scope))


@pytest.fixture
def twice(verdict_on: VerdictOn, drawn: Drawn) -> list[Window]:
    """Thirty windows in which each row is there four times, and those of a day."""
    windows: list[Window] = []
    for _ in range(30 + 23):
        checked(verdict_on, drawn(400, copies=4), windows)
    return windows


def test_without_earlier_windows_rows_are_independent_and_nothing_is_counted(
    verdict_on: VerdictOn, drawn: Drawn
) -> None:
    found = verdict_on(KNOWN, drawn(400))
    assert (found.earlier, found.window, values_of(found).spread.dispersion) == (None, None, 1.0)


def test_before_there_are_enough_windows_their_spread_is_provisional(verdict_on: VerdictOn, drawn: Drawn) -> None:
    windows: list[Window] = []
    spreads = [values_of(checked(verdict_on, drawn(100), windows)).spread for _ in range(FEWEST_WINDOWS + 24)]
    assert set(spreads[:-1]) == {PROVISIONAL}
    assert spreads[-1].windows == FEWEST_WINDOWS


def test_rows_that_come_four_times_have_four_times_the_spread(
    verdict_on: VerdictOn, twice: list[Window], drawn: Drawn
) -> None:
    spread = values_of(checked(verdict_on, drawn(400, copies=4), twice)).spread
    assert 1.5 < spread.dispersion < 9
    assert spread.windows == 30


def test_what_rows_alone_would_call_changed_is_within_the_spread(
    verdict_on: VerdictOn, twice: list[Window], drawn: Drawn
) -> None:
    live = drawn(400, mean=0.35)
    assert verdict_on(KNOWN, live).answer is Answer.CHANGED
    assert checked(verdict_on, live, twice).answer is Answer.UNCHANGED


def test_a_change_beyond_the_spread_is_found(verdict_on: VerdictOn, twice: list[Window], drawn: Drawn) -> None:
    assert checked(verdict_on, drawn(400, mean=1.5), twice).answer is Answer.CHANGED


def test_a_changed_window_is_no_measure_of_the_spread(verdict_on: VerdictOn, twice: list[Window], drawn: Drawn) -> None:
    for _ in range(30):
        checked(verdict_on, drawn(400, mean=1.5), twice)
    found = values_of(checked(verdict_on, drawn(400, mean=1.5), twice))
    assert (found.changed, found.spread.windows) == (True, 53)


def test_a_small_change_that_lasts_is_found_in_the_day(verdict_on: VerdictOn, drawn: Drawn) -> None:
    windows: list[Window] = []
    for _ in range(FEWEST_WINDOWS + 23):
        checked(verdict_on, drawn(200), windows)
    hours = [checked(verdict_on, drawn(200, mean=0.3), windows) for _ in range(24)]
    found = values_of(hours[-1], Scope.DAY)
    assert (found.changed, values_of(hours[0]).changed) == (True, False)
    assert found.low < found.difference < found.high < 0


def test_the_day_is_the_counts_of_its_windows_together(verdict_on: VerdictOn, drawn: Drawn) -> None:
    windows: list[Window] = []
    days = [drawn(100) for _ in range(4)]
    for live in days:
        found = checked(verdict_on, live, windows)
    day, whole = values_of(found, Scope.DAY), verdict_on(KNOWN, [one for live in days for one in live])
    below = [float(one) <= float(day.what.removeprefix("values up to ")) for live in days for one in live]
    assert day.share == pytest.approx(sum(below) / 400, abs=0.003)  # the cut is written with six digits
    assert found.tests == 2 * whole.tests - 1


def test_a_window_that_changed_is_left_out_of_the_day(verdict_on: VerdictOn, drawn: Drawn) -> None:
    windows: list[Window] = []
    checked(verdict_on, drawn(400, mean=3), windows)
    found = checked(verdict_on, drawn(400), windows)
    assert [one.scope for one in found.aspects if one.aspect is Aspect.VALUES].count(Scope.DAY) == 1
    assert found.answer is Answer.UNCHANGED


def test_a_few_rows_are_carried_into_the_day(verdict_on: VerdictOn, drawn: Drawn) -> None:
    windows: list[Window] = []
    for _ in range(23):
        found = checked(verdict_on, drawn(15, mean=1), windows)
    assert values_of(found, Scope.DAY).changed
    assert found.answer is Answer.CHANGED


def test_counts_of_another_baseline_are_not_used(verdict_on: VerdictOn, twice: list[Window], drawn: Drawn) -> None:
    other = [f"{float(one) * 2:.6f}" for one in KNOWN]
    found = verdict_on(other, drawn(400), earlier=known_of(twice))
    assert values_of(found).spread == PROVISIONAL
    assert found.earlier == EarlierChecks(windows=0, of_day=0, missing_of_day=23, unreadable=0)


def test_counts_of_other_values_are_not_used(twice: list[Window]) -> None:
    history = partial(known_of(twice).history, column="value", aspect="values")
    assert (history(names=["values up to 0"]).windows, history(names=[]).windows) == ((), ())


def test_the_same_windows_give_the_same_verdict(verdict_on: VerdictOn, twice: list[Window], drawn: Drawn) -> None:
    live = drawn(400)
    assert verdict_on(KNOWN, live, earlier=known_of(twice)) == verdict_on(KNOWN, live, earlier=known_of(twice))


def test_a_week_of_windows_before_the_day_measures_the_spread() -> None:
    windows = [window(NOON - back * HOUR) for back in range(300, 0, -1)]
    in_order, found = known_of(windows), by_time(*windows)
    assert (in_order.windows, in_order.day) == (found.windows, found.day)
    assert (len(found.windows), len(found.day)) == (MOST_WINDOWS, 23)
    assert found.windows[-1].start == NOON - 24 * HOUR


@pytest.mark.parametrize(("hours", "of_day"), [(1, 23), (6, 3), (7, 2), (24, 0), (168, 0)])
def test_in_order_as_many_windows_are_of_the_day_as_end_in_it(hours: float, of_day: int) -> None:
    found = earlier_in_order([Window(baseline="b", tests={})] * 40, hours=hours)
    assert (len(found.windows), len(found.day)) == (40 - of_day, of_day)
    assert earlier_in_order([], hours=hours) == Earlier()


def window(start: datetime, *, hours: float = 1) -> Window:
    return Window(baseline="b", tests={}, start=start, end=start + timedelta(hours=hours))


def by_time(*windows: Window) -> Earlier:
    return earlier_by_time(windows, start=NOON, end=NOON + HOUR, unreadable=2)


def test_by_time_windows_are_in_order_and_those_of_the_day_apart() -> None:
    found = by_time(window(NOON - HOUR), window(NOON - 30 * HOUR), window(NOON - 23 * HOUR), window(NOON - 24 * HOUR))
    assert [one.start for one in found.windows] == [NOON - back * HOUR for back in (30, 24)]
    assert [one.start for one in found.day] == [NOON - back * HOUR for back in (23, 1)]


def test_missing_windows_of_the_day_are_counted_and_unreadable_ones() -> None:
    found = by_time(window(NOON - HOUR), window(NOON - 30 * HOUR))
    assert (found.missing, found.unreadable) == (22, 2)


@pytest.mark.parametrize(
    "other",
    [
        window(NOON),
        window(NOON + HOUR),
        window(NOON - 3 * HOUR, hours=2),
        window(NOON - 1.5 * HOUR),
        Window(baseline="b", tests={}),
    ],
    ids=["itself", "later", "longer", "begun in the midst of an hour", "without a time"],
)
def test_windows_that_no_schedule_has_before_this_one_are_left_out(other: Window) -> None:
    assert (by_time(other).windows, by_time(other).day) == ((), ())


def test_a_window_that_is_there_twice_counts_once() -> None:
    assert len(by_time(window(NOON - HOUR), window(NOON - HOUR)).day) == 1


@pytest.mark.parametrize("values", [{"rows": 0, "found": ()}, {"found": (11,)}, {"found": (-1,)}])
def test_counts_that_are_not_among_the_rows_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(DriftError, match="the counts of a window must be between 0 and its"):
        WindowTest(**{"comparisons": "", "rows": 10, "found": (), **values})  # type: ignore[arg-type]


@pytest.mark.parametrize("scores", [(1.0,), (1.0, float("nan")), (0.0, 0.0, 0.0)])
def test_scores_that_are_not_of_both_rank_tests_are_refused(scores: tuple[float, ...]) -> None:
    with pytest.raises(DriftError, match="the scores of a window must be none or 2 numbers"):
        WindowTest(comparisons="", rows=10, found=(), scores=scores)
