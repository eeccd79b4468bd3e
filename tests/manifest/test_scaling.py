import math
from typing import Any

import pytest

from modelyard.manifest.problems import Invalid
from modelyard.manifest.scaling import Scaling

TARGET = (
    "invocations_per_instance must be above 0, or concurrent_requests_per_model in its place, got {}; "
    "give one of the two; `yard size` measures it"
)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"min": 0}, "min must be between 1 and max (4), got 0; an endpoint keeps one instance at least"),
        ({"min": 5}, "min must be between 1 and max (4), got 5; lower it or raise max"),
        (
            {"max": 0},
            "max must be between 1 and 1000, got 0; choose a number within the bounds\n"
            "min must be between 1 and max (0), got 1; lower it or raise max",
        ),
        ({"max": 1001}, "max must be between 1 and 1000, got 1001; choose a number within the bounds"),
        ({"scale_in_cooldown": -1}, "scale_in_cooldown must be between 0 and 3600, got -1; give seconds"),
        ({"scale_out_cooldown": 3601}, "scale_out_cooldown must be between 0 and 3600, got 3601; give seconds"),
        ({"invocations_per_instance": None}, TARGET.format("nothing")),
        ({"invocations_per_instance": 0}, TARGET.format('{"invocations_per_instance": 0}')),
        ({"invocations_per_instance": math.nan}, TARGET.format('{"invocations_per_instance": NaN}')),
        ({"invocations_per_instance": math.inf}, TARGET.format('{"invocations_per_instance": Infinity}')),
    ],
)
def test_scaling_refuses_what_cannot_hold(values: dict[str, Any], sentence: str) -> None:
    given = {"min": 1, "max": 4, "invocations_per_instance": 750, **values}

    with pytest.raises(Invalid) as refused:
        Scaling(**given)

    assert str(refused.value) == sentence


def test_scaling_refuses_two_metrics_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        Scaling(min=1, max=4, invocations_per_instance=9, concurrent_requests_per_model=5)

    assert str(refused.value) == TARGET.format(
        '{"invocations_per_instance": 9, "concurrent_requests_per_model": 5}'[:59] + "…"
    )


@pytest.mark.parametrize(
    "values",
    [
        {"min": 1, "max": 1},
        {"min": 4},
        {"max": 1000},
        {"scale_in_cooldown": 0},
        {"scale_out_cooldown": 3600},
        {"invocations_per_instance": 0.5},
    ],
)
def test_scaling_takes_what_can_hold(values: dict[str, Any]) -> None:
    given = {"min": 1, "max": 4, "invocations_per_instance": 750, **values}

    scaling = Scaling(**given)

    assert {key: getattr(scaling, key) for key in given} == given


@pytest.mark.parametrize(
    ("key", "metric"),
    [
        ("invocations_per_instance", "SageMakerVariantInvocationsPerInstance"),
        ("concurrent_requests_per_model", "SageMakerVariantConcurrentRequestsPerModelHighResolution"),
    ],
)
def test_scaling_tracks_the_metric_that_is_given(key: str, metric: str) -> None:
    given: dict[str, Any] = {key: 5}

    scaling = Scaling(min=1, max=4, **given)

    assert (scaling.metric, scaling.target) == (metric, 5)
