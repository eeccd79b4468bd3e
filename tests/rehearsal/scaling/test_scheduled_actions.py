"""When scheduled actions are due, their operations, and what they do to an endpoint."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.scaling.scheduled_actions import Timing
from support.scaled import Scaled, refusal

CREATED = datetime(2027, 3, 1, 10, 7, 30, tzinfo=UTC)


def timing(expression: str, **members: Any) -> Timing:
    return Timing.of({"Schedule": expression, "CreationTime": CREATED} | members)


def due(timed: Timing, *, first: datetime, minutes: int) -> list[str]:
    moments = [first + timedelta(minutes=number) for number in range(minutes)]
    return [f"{moment:%d %H:%M}" for moment in moments if timed.is_due(moment)]


def test_a_cron_is_due_by_the_clock_of_its_zone_in_summer_and_winter() -> None:
    timed = timing("cron(0 7 ? * * *)", Timezone="Europe/Berlin")

    days = due(timed, first=datetime(2027, 3, 27, tzinfo=UTC), minutes=2 * 24 * 60)

    assert days == ["27 06:00", "28 05:00"]


def test_a_time_that_summer_time_leaves_out_is_left_out_and_one_that_comes_twice_is_due_once() -> None:
    timed = timing("cron(30 2 ? * * *)", Timezone="Europe/Berlin")

    assert due(timed, first=datetime(2027, 3, 28, tzinfo=UTC), minutes=12 * 60) == []
    assert due(timed, first=datetime(2027, 10, 31, tzinfo=UTC), minutes=12 * 60) == ["31 00:30"]


def test_a_moment_is_due_once_and_by_its_zone() -> None:
    timed = timing("at(2027-03-01T12:00:20)", Timezone="Europe/Berlin")

    assert due(timed, first=datetime(2027, 3, 1, tzinfo=UTC), minutes=24 * 60) == ["01 11:01"]


def test_a_rate_is_counted_from_when_the_action_was_made() -> None:
    found = due(timing("rate(6 hours)"), first=datetime(2027, 3, 1, 10, tzinfo=UTC), minutes=24 * 60)

    assert found == ["01 16:08", "01 22:08", "02 04:08"]


def test_a_rate_begins_in_the_first_minute_after_its_start() -> None:
    timed = timing("rate(1 hour)", StartTime=datetime(2027, 3, 1, 12, 5, 10, tzinfo=UTC))

    assert due(timed, first=datetime(2027, 3, 1, 10, tzinfo=UTC), minutes=4 * 60) == ["01 12:06", "01 13:06"]


def test_a_recurrence_keeps_to_its_start_and_end() -> None:
    between = {
        "StartTime": datetime(2027, 3, 1, 12, tzinfo=UTC),
        "EndTime": datetime(2027, 3, 1, 14, 30, tzinfo=UTC),
    }

    for expression in ("rate(1 hour)", "cron(0 * * * ? *)"):
        found = due(timing(expression, **between), first=datetime(2027, 3, 1, 10, tzinfo=UTC), minutes=24 * 60)
        assert found == ["01 12:00", "01 13:00", "01 14:00"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"Schedule": "daily"}, r"^Schedule must be an at, rate or cron expression, got daily: a cron must have six"),
        ({"Schedule": "rate(0 days)"}, r"^Schedule must be an at, rate or cron expression, got rate\(0 days\)"),
        ({"Schedule": "at(2027-02-30T00:00:00)"}, r"got at\(2027-02-30T00:00:00\): day is out of range for month"),
        ({"Schedule": "cron(60 * * * ? *)"}, r"minutes must be of 0 to 59, got 60$"),
        ({"Timezone": "Europe/Berlln"}, r"^Timezone must be the name of a time zone such as Europe/Berlin, got Euro"),
    ],
)
def test_a_time_that_aws_does_not_take_is_refused(members: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        timing(**{"expression": "rate(1 day)", **members})


def plan(scaled: Scaled, *, name: str = "day", minutes: int = 2, **members: Any) -> None:
    """Have an action due in so many minutes."""
    moment = scaled.host.aws.now() + timedelta(minutes=minutes)
    whole = {"Schedule": f"at({moment:%Y-%m-%dT%H:%M:00})"} | members
    scaled.client.put_scheduled_action(**scaled.members, ScheduledActionName=name, **whole)


def actions(scaled: Scaled) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = scaled.client.describe_scheduled_actions(**scaled.members)["ScheduledActions"]
    return found


def bounds(scaled: Scaled) -> tuple[int, int]:
    listed = scaled.client.describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[scaled.members["ResourceId"]]
    )
    (target,) = listed["ScalableTargets"]
    return target["MinCapacity"], target["MaxCapacity"]


def test_a_higher_minimum_brings_instances_and_a_lower_maximum_takes_them(scaled: Scaled) -> None:
    scaled.register(high=2)
    plan(scaled, ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 3})
    plan(scaled, name="night", minutes=6, ScalableTargetAction={"MinCapacity": 1, "MaxCapacity": 1})

    scaled.rest(minutes=3)
    assert (bounds(scaled), scaled.count) == ((2, 3), 2)
    newest, before = scaled.activities[:2]
    assert before["Description"] == "Setting min capacity to 2 and max capacity to 3."
    assert before["Cause"] == "scheduled action name day was triggered"
    assert before["StatusCode"] == "Successful"
    assert newest["Cause"] == "minimum capacity was set to 2"
    scaled.rest(minutes=4)
    assert (bounds(scaled), scaled.count) == ((1, 1), 1)


def test_a_lower_minimum_alone_moves_no_count(scaled: Scaled) -> None:
    scaled.register(low=2)
    assert scaled.count == 2
    plan(scaled, ScalableTargetAction={"MinCapacity": 1})
    scaled.rest(minutes=3)

    assert (bounds(scaled), scaled.count) == ((1, 3), 2)


def test_a_minimum_above_the_maximum_is_a_failed_activity(scaled: Scaled) -> None:
    scaled.register(high=2)
    plan(scaled, ScalableTargetAction={"MinCapacity": 3})
    scaled.rest(minutes=3)

    assert bounds(scaled) == (1, 2)
    assert scaled.activities[0]["StatusCode"] == "Failed"
    assert scaled.activities[0]["StatusMessage"] == (
        "Failed to set min capacity to 3. Maximum capacity cannot be less than minimum capacity"
    )


def test_a_target_whose_scheduled_scaling_is_suspended_keeps_its_bounds(scaled: Scaled) -> None:
    scaled.register(SuspendedState={"ScheduledScalingSuspended": True})
    plan(scaled, ScalableTargetAction={"MinCapacity": 2})
    scaled.rest(minutes=3)

    assert bounds(scaled) == (1, 3)


def test_an_action_is_described_as_it_was_put_and_changed_in_what_is_given(scaled: Scaled) -> None:
    scaled.register()
    rate: dict[str, Any] = {"Schedule": "rate(1 day)", "ScalableTargetAction": {"MinCapacity": 1}}
    start = datetime(2027, 3, 1, tzinfo=UTC)
    plan(scaled, **rate, StartTime=start)
    (first,) = actions(scaled)
    plan(scaled, Schedule="rate(2 days)")
    (second,) = actions(scaled)

    assert first.items() >= (scaled.members | rate | {"ScheduledActionName": "day", "StartTime": start}).items()
    assert second.items() >= {"Schedule": "rate(2 days)", "ScalableTargetAction": {"MinCapacity": 1}}.items()
    assert second["ScheduledActionARN"] == first["ScheduledActionARN"]
    assert "StartTime" not in second


def test_actions_go_alone_or_with_their_target(scaled: Scaled) -> None:
    scaled.register()
    for name in ("day", "night", "noon"):
        plan(scaled, name=name, ScalableTargetAction={"MinCapacity": 1})
    scaled.client.delete_scheduled_action(**scaled.members, ScheduledActionName="day")
    named = scaled.client.describe_scheduled_actions(ServiceNamespace="sagemaker", ScheduledActionNames=["noon"])

    assert [action["ScheduledActionName"] for action in actions(scaled)] == ["night", "noon"]
    assert [action["ScheduledActionName"] for action in named["ScheduledActions"]] == ["noon"]
    scaled.client.deregister_scalable_target(**scaled.members)
    assert actions(scaled) == []


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "ScalableTargetAction must be given for a new scheduled action, got none"),
        ({"ScalableTargetAction": {}}, "ScalableTargetAction must have MinCapacity, MaxCapacity or both, got none"),
        (
            {"ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 1}},
            "Maximum capacity cannot be less than minimum capacity, got 1 and 2",
        ),
    ],
)
def test_an_action_that_changes_nothing_that_can_hold_is_refused(
    scaled: Scaled, members: dict[str, Any], message: str
) -> None:
    scaled.register()
    error = refusal(
        scaled.client.put_scheduled_action,
        **scaled.members,
        ScheduledActionName="day",
        Schedule="rate(1 day)",
        **members,
    )

    assert (error["Code"], error["Message"]) == ("ValidationException", message)


def test_an_action_needs_a_target_and_a_name_that_is_there(scaled: Scaled) -> None:
    put, name = scaled.client.put_scheduled_action, {"ScheduledActionName": "day"}
    assert refusal(put, **scaled.members, **name, Schedule="rate(1 day)")["Code"] == "ObjectNotFoundException"
    scaled.register()
    assert refusal(scaled.client.delete_scheduled_action, **scaled.members, **name)["Code"] == "ObjectNotFoundException"
