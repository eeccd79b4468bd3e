import pytest

from modelyard.operations.costs.calendar import BoundsChange, average_bounds

MORNING, EVENING = "cron(0 7 ? * MON-FRI *)", "cron(0 19 ? * MON-FRI *)"
# In 2027, which ends with the Friday it began with, the hours from seven to seven of 261 working days.
SHARE = 261 * 12 / (365 * 24)


def change(expression: str, *, low: int | None = None, high: int | None = None, timezone: str = "UTC") -> BoundsChange:
    return BoundsChange(expression=expression, timezone=timezone, low=low, high=high)


def test_without_a_calendar_the_bounds_hold_all_the_time() -> None:
    assert average_bounds(low=2, high=4, changes=[]) == (2, 4)


def test_working_hours_count_by_their_share_of_the_year() -> None:
    changes = [change(MORNING, low=5, high=9), change(EVENING, low=1, high=3)]

    least, most = average_bounds(low=2, high=4, changes=changes)

    assert least == pytest.approx(1 + 4 * SHARE)
    assert most == pytest.approx(3 + 6 * SHARE)


def test_a_bound_that_no_action_names_stays() -> None:
    least, most = average_bounds(low=2, high=4, changes=[change(MORNING, low=4), change(EVENING, low=2)])

    assert least == pytest.approx(2 + 2 * SHARE)
    assert most == 4


def test_what_held_at_the_year_s_end_holds_as_it_begins() -> None:
    # From New Year's noon on another minimum, and every noon of 2 January the one before again.
    changes = [change("cron(0 12 1 1 ? *)", low=9), change("cron(0 12 2 1 ? *)", low=1)]

    assert average_bounds(low=5, high=9, changes=changes)[0] == pytest.approx(1 + 8 / 365)


def test_each_time_zone_is_its_own() -> None:
    # Seven in Tokyo is 22 o'clock of the day before.
    changes = [
        change("cron(0 7 * * ? *)", low=2, timezone="Asia/Tokyo"),
        change("cron(0 23 * * ? *)", low=1),
    ]

    assert average_bounds(low=1, high=4, changes=changes)[0] == pytest.approx(1 + 1 / 24)


def test_a_rate_holds_again_and_again() -> None:
    assert average_bounds(low=1, high=4, changes=[change("rate(1 day)", low=3, high=5)]) == (3, 5)


@pytest.mark.parametrize(
    "once", ["at(2027-01-01T00:00:00)", "cron(0 7 1 1 ? 2027)", '{"Ref": "When"}', "cron(0 99 * * ? *)"]
)
def test_what_happens_once_may_hold_or_not(once: str) -> None:
    assert average_bounds(low=2, high=4, changes=[change(once, low=1, high=8)]) == (1, 8)
    assert average_bounds(low=2, high=4, changes=[change(once, low=3, high=3)]) == (2, 4)


def test_a_time_zone_without_rules_on_this_machine_makes_a_moment_unknown() -> None:
    changes = [change(MORNING, low=1, high=8, timezone="Nowhere/Here")]

    assert average_bounds(low=2, high=4, changes=changes) == (1, 8)


def test_a_recurrence_ends_what_has_happened_once() -> None:
    changes = [change("at(2027-01-01T00:00:00)", low=1, high=9), change("rate(1 day)", low=2, high=4)]

    assert average_bounds(low=3, high=3, changes=changes) == (2, 4)
