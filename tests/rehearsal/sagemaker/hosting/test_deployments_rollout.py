import math
from typing import Any

import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting.deployments import Rollout


def blue_green(kind: str, *, wait: int = 300, **members: Any) -> Rollout:
    routing = {"Type": kind, "WaitIntervalInSeconds": wait} | members
    return Rollout(config={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}})


def size(kind: str, value: int) -> dict[str, Any]:
    return {"Type": kind, "Value": value}


def shares(rollout: Rollout, **counts: int) -> list[float]:
    return [round(stage.share, 6) for stage in rollout.stages(counts=counts)]


def test_without_a_deployment_config_everything_moves_at_once_unwatched() -> None:
    (stage,) = Rollout(config={}).stages(counts={"primary": 2})

    assert (stage.share, stage.bake_seconds) == (1.0, 0)


def test_all_at_once_is_watched_for_the_interval() -> None:
    (stage,) = blue_green("ALL_AT_ONCE").stages(counts={"primary": 2})

    assert (stage.share, stage.bake_seconds) == (1.0, 300)


def test_a_canary_takes_its_part_and_then_the_rest() -> None:
    canary = blue_green("CANARY", CanarySize=size("CAPACITY_PERCENT", 25))

    assert shares(canary, primary=2) == [0.25, 1.0]
    assert [stage.bake_seconds for stage in canary.stages(counts={"primary": 2})] == [300, 300]


def test_a_canary_of_one_instance_takes_that_instances_part() -> None:
    assert shares(blue_green("CANARY", CanarySize=size("INSTANCE_COUNT", 1)), primary=4) == [0.25, 1.0]


def test_linear_steps_end_with_everything() -> None:
    assert shares(blue_green("LINEAR", LinearStepSize=size("CAPACITY_PERCENT", 30)), a=1) == [0.3, 0.6, 0.9, 1.0]
    assert shares(blue_green("LINEAR", LinearStepSize=size("INSTANCE_COUNT", 1)), a=3) == [0.333333, 0.666667, 1.0]


def test_rolling_batches_replace_the_old_instances_by_the_new() -> None:
    policy = {"MaximumBatchSize": size("INSTANCE_COUNT", 1), "WaitIntervalInSeconds": 60}
    rollout = Rollout(config={"RollingUpdatePolicy": policy})

    batches = rollout.batches(new={"a": 3}, old={"a": 3})
    assert rollout.is_rolling
    assert rollout.batch_bake_seconds == 60
    assert [(batch.new["a"], batch.old["a"]) for batch in batches] == [(1, 2), (2, 1), (3, 0)]


def test_a_batch_of_a_percentage_is_at_least_one_instance() -> None:
    policy = {"MaximumBatchSize": size("CAPACITY_PERCENT", 5), "WaitIntervalInSeconds": 0}

    assert len(Rollout(config={"RollingUpdatePolicy": policy}).batches(new={"a": 2}, old={"a": 2})) == 2


def test_alarms_limit_and_termination_wait_are_read() -> None:
    rollout = Rollout(
        config={
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
                "TerminationWaitInSeconds": 120,
                "MaximumExecutionTimeoutInSeconds": 900,
            },
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}, {"AlarmName": "latency"}]},
        }
    )

    assert rollout.alarms == ("errors", "latency")
    assert rollout.termination_wait_seconds == 120
    assert rollout.limit_seconds == 900


def test_without_a_limit_an_update_may_take_for_ever() -> None:
    assert Rollout(config={}).limit_seconds == math.inf


@pytest.mark.parametrize(
    ("kind", "members", "sentence"),
    [
        ("CANARY", {}, "TrafficRoutingConfiguration of type CANARY must have CanarySize"),
        ("LINEAR", {}, "TrafficRoutingConfiguration of type LINEAR must have LinearStepSize"),
        (
            "CANARY",
            {"CanarySize": size("CAPACITY_PERCENT", 60)},
            "CanarySize must be between 1 and 50 CAPACITY_PERCENT, got 60",
        ),
        (
            "LINEAR",
            {"LinearStepSize": size("CAPACITY_PERCENT", 5)},
            "LinearStepSize must be between 10 and 50 CAPACITY_PERCENT, got 5",
        ),
    ],
)
def test_sizes_out_of_bounds_are_refused(kind: str, members: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ServiceError, match=sentence):
        blue_green(kind, **members)


def test_two_policies_are_refused() -> None:
    routing = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
    rolling = {"MaximumBatchSize": size("INSTANCE_COUNT", 1), "WaitIntervalInSeconds": 0}

    with pytest.raises(ServiceError, match="either BlueGreenUpdatePolicy or RollingUpdatePolicy, got both"):
        Rollout(config={"BlueGreenUpdatePolicy": routing, "RollingUpdatePolicy": rolling})
