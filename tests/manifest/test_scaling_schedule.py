from typing import Any

import pytest

from modelyard.manifest.problems import Invalid
from modelyard.manifest.scaling import Scaling
from modelyard.manifest.scaling_schedule import ScheduledAction

FORMS = "cron(0 7 ? * MON-FRI *), rate(1 day) or at(2027-01-01T00:00:00), as Application Auto Scaling writes them"
TAKEN = "a moment or recurrence that Application Auto Scaling takes"


def action(**values: Any) -> ScheduledAction:
    return ScheduledAction(**{"name": "day", "expression": "cron(0 7 ? * MON-FRI *)", "min": 2, **values})


def scaling(*actions: ScheduledAction, low: int = 1, high: int = 4) -> Scaling:
    return Scaling(min=low, max=high, invocations_per_instance=750, schedule=actions)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"min": None}, "min must be given, or max in its place, or both, got nothing; say what the action changes"),
        ({"min": 3, "max": 2}, "min must be at most max (2), got 3; lower it or raise max"),
        ({"min": 0}, "min must be between 1 and 1000, got 0; an endpoint keeps one instance at least"),
        ({"max": 1001}, "max must be between 1 and 1000, got 1001; choose a number within the bounds"),
        (
            {"name": "a/b"},
            'name must be 1 to 63 letters, digits and inner hyphens, got "a/b"; '
            "shorten it or replace the other characters",
        ),
        ({"expression": "daily"}, f'expression must be {FORMS}, got "daily"; write one of the three forms'),
        (
            {"expression": "rate(0 days)"},
            f'expression must be {FORMS}, got "rate(0 days)"; write one of the three forms',
        ),
        (
            {"expression": "cron(60 7 ? * * *)"},
            f'expression must be {TAKEN}, got "cron(60 7 ? * * *)"; minutes must be of 0 to 59, got 60',
        ),
        (
            {"expression": "at(2027-02-30T00:00:00)"},
            f'expression must be {TAKEN}, got "at(2027-02-30T00:00:00)"; '
            "write a date and time that there is: day is out of range for month",
        ),
        (
            {"timezone": "Europe/Berlln"},
            'timezone must be a time zone such as UTC or Europe/Berlin, got "Europe/Berlln"; '
            "the nearest name is Europe/Berlin",
        ),
        (
            {"expression": "rate(1 day)", "timezone": "Europe/Berlin"},
            'timezone must be left out for a rate, which has none, got "Europe/Berlin"; remove it or write a cron',
        ),
    ],
)
def test_an_action_refuses_what_cannot_hold(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        action(**values)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {"min": 1},
        {"min": None, "max": 1000},
        {"min": 2, "max": 2},
        {"expression": "rate(12 hours)"},
        {"expression": "at(2028-02-29T23:59:59)", "timezone": "Pacific/Tahiti"},
        {"expression": "cron(0 7 LW * ? *)"},
    ],
)
def test_an_action_takes_what_can_hold(values: dict[str, Any]) -> None:
    made = action(**values)

    assert {key: getattr(made, key) for key in values} == values


def test_two_actions_of_one_name_are_refused() -> None:
    with pytest.raises(Invalid) as refused:
        scaling(action(), action(expression="cron(0 19 ? * MON-FRI *)", min=1))

    assert str(refused.value) == ('schedule.name must be different in each action, got ["day"]; rename one of them')


@pytest.mark.parametrize(
    ("actions", "sentence"),
    [
        (
            [action(min=5)],
            "schedule.day.min must be at most every max that it may meet (4), or given with a max, got 5; "
            "give max, too",
        ),
        (
            [action(min=3), action(name="night", min=1, max=2)],
            "schedule.day.min must be at most every max that it may meet (2), or given with a max, got 3; "
            "give max, too",
        ),
        (
            [action(min=None, max=1)],
            "schedule.day.max must be at least every min that it may meet (2), or given with a min, got 1; "
            "give min, too",
        ),
    ],
)
def test_a_bound_that_is_given_alone_must_fit_whatever_the_other_one_is(
    actions: list[ScheduledAction], sentence: str
) -> None:
    with pytest.raises(Invalid) as refused:
        scaling(*actions, low=2)

    assert str(refused.value) == sentence


def test_bounds_that_are_given_together_need_fit_no_others() -> None:
    made = scaling(action(min=6, max=8), action(name="night", min=1, max=1))

    assert [(one.min, one.max) for one in made.schedule] == [(6, 8), (1, 1)]
