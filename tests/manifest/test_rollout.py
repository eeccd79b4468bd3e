from typing import Any

import pytest

from modelyard.manifest.problems import Invalid
from modelyard.manifest.rollout import Rollout

HALF = "at most half of the fleet may move at a time"
TIMEOUT = "timeout_minutes must be above the waits ({}) and between 10 and 480, got {}; raise it, or lower bake_minutes"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"percent": 10},
            "percent must be left out for all-at-once, got 10; remove it or choose canary, linear or rolling",
        ),
        ({"strategy": "canary"}, f"percent must be between 5 and 50 for canary, got nothing; {HALF}"),
        ({"strategy": "canary", "percent": 4}, f"percent must be between 5 and 50 for canary, got 4; {HALF}"),
        ({"strategy": "canary", "percent": 51}, f"percent must be between 5 and 50 for canary, got 51; {HALF}"),
        ({"strategy": "linear", "percent": 9}, f"percent must be between 10 and 50 for linear, got 9; {HALF}"),
        ({"strategy": "linear", "percent": 51}, f"percent must be between 10 and 50 for linear, got 51; {HALF}"),
        ({"strategy": "rolling", "percent": 4}, f"percent must be between 5 and 50 for rolling, got 4; {HALF}"),
        ({"strategy": "rolling", "percent": 51}, f"percent must be between 5 and 50 for rolling, got 51; {HALF}"),
        (
            {"bake_minutes": -1},
            "bake_minutes must be between 0 and 60, got -1; SageMaker waits an hour at most",
        ),
        (
            {"bake_minutes": 61},
            "bake_minutes must be between 0 and 60, got 61; SageMaker waits an hour at most",
        ),
        ({"timeout_minutes": 9}, TIMEOUT.format(5, 9)),
        ({"timeout_minutes": 481}, TIMEOUT.format(5, 481)),
        ({"strategy": "canary", "percent": 25, "bake_minutes": 30, "timeout_minutes": 60}, TIMEOUT.format(60, 60)),
        ({"strategy": "linear", "percent": 10, "bake_minutes": 60}, TIMEOUT.format(600, 480)),
    ],
)
def test_a_rollout_refuses_what_cannot_move_or_end(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        Rollout(**values)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {"strategy": "canary", "percent": 5},
        {"strategy": "canary", "percent": 50},
        {"strategy": "linear", "percent": 10},
        {"strategy": "linear", "percent": 50},
        {"strategy": "rolling", "percent": 5},
        {"strategy": "rolling", "percent": 50},
        {"bake_minutes": 0},
        {"bake_minutes": 60},
        {"timeout_minutes": 10},
        {"timeout_minutes": 480},
        {"strategy": "canary", "percent": 25, "bake_minutes": 30, "timeout_minutes": 61},
    ],
)
def test_a_rollout_takes_what_can_move_and_end(values: dict[str, Any]) -> None:
    rollout = Rollout(**values)

    assert {key: getattr(rollout, key) for key in values} == values


@pytest.mark.parametrize(
    ("values", "steps"),
    [
        ({}, 1),
        ({"strategy": "canary", "percent": 25}, 2),
        ({"strategy": "linear", "percent": 50}, 2),
        ({"strategy": "linear", "percent": 30}, 4),
        ({"strategy": "rolling", "percent": 5}, 20),
    ],
)
def test_a_rollout_counts_the_last_and_smaller_step_too(values: dict[str, Any], steps: int) -> None:
    rollout = Rollout(**values)

    assert rollout.steps == steps


def test_a_rollout_gives_up_half_an_hour_after_its_waits_unless_told() -> None:
    rollout = Rollout(strategy="canary", percent=25, bake_minutes=5)

    assert rollout.timeout_seconds == 2 * 5 * 60 + 1800


def test_a_rollout_of_long_waits_gives_up_after_eight_hours() -> None:
    rollout = Rollout(strategy="linear", percent=10, bake_minutes=46)

    assert rollout.timeout_seconds == 28_800


def test_a_rollout_gives_up_when_it_is_told() -> None:
    rollout = Rollout(timeout_minutes=12)

    assert rollout.timeout_seconds == 720
