from collections.abc import Callable
from dataclasses import replace

import pytest

from modelyard.drift.verdict.earlier import Window, earlier_in_order
from modelyard.drift.verdict.sentences import (
    certainty,
    change_violations,
    headline,
    not_looked_at,
    sensitivity,
)
from modelyard.drift.verdict.spread import PROVISIONAL, Spread
from modelyard.drift.verdict.verdict import Answer, Budget, EarlierChecks, Verdict

VerdictOn = Callable[..., Verdict]
FLAGS = [0, 1] * 500


def test_the_headline_says_what_changed(verdict_on: VerdictOn) -> None:
    changed = verdict_on(FLAGS, [0] * 100)
    assert headline(verdict=changed) == "Changed: 1 of 2 columns"
    assert headline(verdict=verdict_on(FLAGS, [0, 1] * 50)) == "Not changed beyond chance"
    assert headline(verdict=verdict_on(FLAGS, [1] * 5)) == "Too few rows to tell: 5 beside 1,000 of the baseline"
    some = verdict_on([f"id{one}" for one in range(1500)], [f"id{one}" for one in range(100)])
    assert headline(verdict=some) == "Not changed beyond chance in the 1 of 2 columns that were compared"
    none = replace(some, answer=Answer.NOT_COMPARED)
    assert headline(verdict=none) == "No column could be compared"
    other = replace(changed, structure="the window has 3 columns, the baseline has 2", columns=())
    assert headline(verdict=other) == "Changed: the window has 3 columns, the baseline has 2"


def test_a_change_is_a_violation_in_words(verdict_on: VerdictOn) -> None:
    (violation,) = change_violations(verdict=verdict_on(FLAGS, [0] * 100))
    assert (violation.feature, violation.check) == ("value", "change_check")
    assert violation.description.startswith("values up to 0: 100.0%, in the baseline 50.0% (difference +")
    assert violation.description.endswith("Fisher's exact test)")


def test_no_change_is_no_violation(verdict_on: VerdictOn) -> None:
    assert change_violations(verdict=verdict_on(FLAGS, [0, 1] * 50)) == ()


def test_what_was_not_looked_at_is_said_with_the_reason(verdict_on: VerdictOn) -> None:
    assert ("value", "values: the window has values that are no numbers") in not_looked_at(
        verdict=verdict_on(FLAGS, ["a"] * 100)
    )
    assert ("value", "values: fewer than 20 of them") in not_looked_at(verdict=verdict_on(FLAGS, [1] * 5))


@pytest.mark.parametrize(
    ("rows", "sentence"), [(5, None), (20, "Of some columns no change"), (2000, "A change of a share by ")]
)
def test_how_large_a_change_would_have_been_found_is_said(
    verdict_on: VerdictOn, rows: int, sentence: str | None
) -> None:
    found = sensitivity(verdict=verdict_on(FLAGS, [0, 1] * (rows // 2), budget=Budget(false_alarms_per_year=1e-3)))
    assert found is None if sentence is None else found is not None and found.startswith(sentence)


def test_the_rate_of_false_alarms_is_said(verdict_on: VerdictOn) -> None:
    assert certainty(verdict=verdict_on(FLAGS, FLAGS)) == (
        "5 tests at 1 false alarm a year, of which this check of 1 hour has 0.00011; rows are taken as independent."
    )


def with_spread(verdict: Verdict, **values: Spread) -> Verdict:
    """The verdict with another spread of each column's tests."""
    columns = tuple(
        replace(one, aspects=tuple(replace(aspect, spread=values[one.name]) for aspect in one.aspects))
        for one in verdict.columns
    )
    known = EarlierChecks(windows=60, of_day=20, missing_of_day=3, unreadable=1)
    return replace(verdict, columns=columns, earlier=known)


def test_with_earlier_windows_their_spread_is_said_and_what_is_missing(verdict_on: VerdictOn) -> None:
    measured = Spread(dispersion=4.25, windows=60)
    found = with_spread(verdict_on(FLAGS, FLAGS), label=Spread(windows=48), value=measured)
    assert certainty(verdict=found).endswith(
        "has 0.00011; the variance between windows is measured in 48 to 60 earlier ones, at most 4.25 times that of "
        "independent rows (value); windows of the last 24 hours that are tested together: 21; missing of the day, or "
        "of another baseline: 3; earlier windows that cannot be read: 1."
    )


def test_a_day_that_is_one_window_is_not_spoken_of(verdict_on: VerdictOn) -> None:
    daily = verdict_on(FLAGS, FLAGS, budget=Budget(hours=24), earlier=earlier_in_order([], hours=24))
    assert certainty(verdict=daily).endswith("until there are 24 earlier ones without a change.")


def test_a_spread_that_is_not_known_yet_is_said_to_be_provisional(verdict_on: VerdictOn) -> None:
    verdict = verdict_on(FLAGS, FLAGS)
    some = with_spread(verdict, label=PROVISIONAL, value=Spread(windows=60))
    assert "; provisional: of some columns the variance between windows is taken as 2 times" in certainty(verdict=some)
    none = with_spread(verdict, label=PROVISIONAL, value=PROVISIONAL)
    assert "has 0.00011; provisional: the variance between windows is taken as 2 times" in certainty(verdict=none)


def test_a_change_of_the_day_says_so_and_how_large_one_would_have_been_found(verdict_on: VerdictOn) -> None:
    windows: list[Window] = []
    for _ in range(20):
        found = verdict_on(FLAGS * 10, [0] * 80 + [1] * 120, earlier=earlier_in_order(windows, hours=1))
        assert found.window is not None
        windows.append(found.window)
    assert "in the last 24 hours, values up to 0: 40.0%, in the baseline 50.0%" in str(change_violations(verdict=found))
    assert " points if it had lasted for 24 hours, four times of five." in str(sensitivity(verdict=found))
