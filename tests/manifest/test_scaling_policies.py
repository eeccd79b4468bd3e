import math
from typing import Any

import pytest

from modelyard.manifest.problems import Invalid, Refused
from modelyard.manifest.scaling import PREDEFINED_POLICY, Scaling
from modelyard.manifest.scaling_policies import ScalingMetric, Step, StepScaling, Tracking
from modelyard.manifest.structuring import structured

CPU = ScalingMetric(preset="cpu")


def tracking(**values: Any) -> Tracking:
    return Tracking(**{"name": "cpu", "metric": CPU, "target": 60.0, **values})


def steps(*changes: tuple[float, int], **values: Any) -> StepScaling:
    made = tuple(Step(distance=distance, change=change) for distance, change in changes)
    return StepScaling(**{"name": "slow", "metric": CPU, "threshold": 80.0, "changes": made, **values})


def scaling(**values: Any) -> Scaling:
    return Scaling(**{"min": 1, "max": 4, **values})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {},
            "name must be given with a namespace, or a preset in their place, got nothing; "
            'write for instance metric = "cpu"',
        ),
        (
            {"name": "Load"},
            'name must be given with a namespace, or a preset in their place, got ["name"]; '
            'write for instance metric = "cpu"',
        ),
        (
            {"preset": "cpu", "namespace": "Mine", "unit": "Count"},
            'preset must be left out for a metric of your own, got "cpu"; remove it or namespace and unit',
        ),
        (
            {"namespace": ":Mine", "name": "Load"},
            'namespace must be 1 to 255 letters, digits, inner spaces and / . _ # -, got ":Mine"; '
            "write it as CloudWatch shows it",
        ),
        (
            {"namespace": "Mine", "name": "Load", "dimensions": {"": "a"}},
            'dimensions must be 1 to 255 letters, digits, inner spaces and / . _ # -, got ""; '
            "write it as CloudWatch shows it",
        ),
    ],
)
def test_a_metric_refuses_what_cloudwatch_could_not_find(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        ScalingMetric(**values)

    assert str(refused.value) == sentence


@pytest.mark.parametrize("target", [0, -1, math.inf, math.nan])
def test_a_target_is_above_0(target: float) -> None:
    with pytest.raises(
        Invalid, match=r"^target must be above 0, got .*; give the value at which the metric is to stay$"
    ):
        tracking(target=target)


@pytest.mark.parametrize(
    ("changes", "values", "sentence"),
    [
        (
            [(5, 1)],
            {},
            "changes.distance must be 0 in the first step and more in each that follows, got [5]; "
            "a step ends where the next begins",
        ),
        (
            [(0, 1), (20, 2), (20, 3)],
            {},
            "changes.distance must be 0 in the first step and more in each that follows, "
            "got [0, 20, 20]; a step ends where the next begins",
        ),
        ([(0, -1)], {}, "changes.change must be above 0, got [-1]; more load takes more instances"),
        (
            [(0, 1)],
            {"breach": "below"},
            "changes.change must be below 0 for a breach below the threshold, got [1]; more load takes more instances",
        ),
        (
            [(0, 0)],
            {"adjustment": "ExactCapacity", "breach": "below"},
            "changes.change must be above 0, got [0]; an endpoint keeps one instance at least",
        ),
        (
            [(0, 1)],
            {"min_change": 2},
            "min_change must be left out but for PercentChangeInCapacity, got 2; remove it",
        ),
        (
            [(0, 1)],
            {"threshold": math.inf},
            "threshold must be a number, got Infinity; give the value from which on the alarm fires",
        ),
        ([(0, 1)], {"minutes": 0}, "minutes must be between 1 and 1440, got 0; an alarm looks back a day at most"),
        ([], {}, "changes must be a list of 1 to 20, got 0; say what is changed, and from which distance on"),
    ],
)
def test_steps_refuse_what_cannot_hold(changes: Any, values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        steps(*changes, **values)

    assert sentence in str(refused.value).splitlines()


@pytest.mark.parametrize(
    ("changes", "values"),
    [
        ([(0, 1), (0.5, 3)], {}),
        ([(0, -1), (20, -2)], {"breach": "below"}),
        ([(0, 50)], {"adjustment": "PercentChangeInCapacity", "min_change": 2}),
        ([(0, 1)], {"adjustment": "ExactCapacity", "breach": "below", "threshold": -5.0}),
    ],
)
def test_steps_take_what_can_hold(changes: Any, values: dict[str, Any]) -> None:
    made = steps(*changes, **values)

    assert [(step.distance, step.change) for step in made.changes] == changes
    assert {key: getattr(made, key) for key in values} == values


def test_steps_or_tracking_stand_in_for_a_predefined_metric() -> None:
    assert scaling(tracking=(tracking(),)).metric is None
    assert scaling(steps=(steps((0, 1)),)).target is None


def test_a_predefined_metric_and_others_are_followed_together() -> None:
    made = scaling(invocations_per_instance=750, tracking=(tracking(),), steps=(steps((0, 1)),))

    assert (made.metric, made.tracked) == ("SageMakerVariantInvocationsPerInstance", 2)


@pytest.mark.parametrize(
    "values",
    [
        {"tracking": (tracking(), tracking())},
        {"tracking": (tracking(),), "steps": (steps((0, 1), name="cpu"),)},
        {"tracking": (tracking(name=PREDEFINED_POLICY),), "invocations_per_instance": 750},
    ],
)
def test_policies_of_one_name_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"^tracking.name must be different in each policy, of steps too, got \["):
        scaling(**values)


def test_more_policies_than_a_target_has_are_refused() -> None:
    many = tuple(tracking(name=f"t{number}") for number in range(50))

    with pytest.raises(
        Invalid, match=r"^tracking must be at most 50 policies with those of steps, got 51; a target has"
    ):
        scaling(tracking=many, steps=(steps((0, 1)),))
    assert scaling(tracking=many).tracked == 50


def test_a_metric_is_given_by_its_preset_or_as_a_table() -> None:
    own = {"namespace": "Mine", "name": "Load"}
    tables = [{"name": "a", "metric": "gpu", "target": 1}, {"name": "b", "metric": own, "target": 1}]

    first, second = structured({"min": 1, "max": 4, "tracking": tables}, Scaling, file="m.toml").tracking

    assert first.metric == ScalingMetric(preset="gpu")
    assert second.metric == ScalingMetric(namespace="Mine", name="Load")


def test_a_preset_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    table = {"min": 1, "max": 4, "tracking": [{"name": "a", "metric": "heat", "target": 1}]}

    with pytest.raises(Refused, match="must be one of invocations, latency, cpu, memory, disk, gpu, gpu-memory, got "):
        structured(table, Scaling, file="m.toml")
