from typing import Any

import pytest

from modelyard.manifest.problems import Invalid
from modelyard.manifest.rollout import Rollout
from modelyard.manifest.scaling import Scaling
from modelyard.manifest.serving import Alarms, Capture, Serverless, Serving, Variant

PROMOTED = "churn/training/run/job/output/model.tar.gz"
BOUNDS = "choose a number within the bounds"
PERIODS = "an endpoint that cannot start holds its stack for that long"
SCALING = Scaling(min=2, max=4, invocations_per_instance=750)
SERVERLESS = Serverless(memory_mb=2048, max_concurrency=5)
CANARY = Rollout(strategy="canary", percent=25)
ROLLING = Rollout(strategy="rolling", percent=25)
TYPES = "list one to ten, or leave the key out for the usual one"
MEDIA = (
    "{} must be media types of letters, digits, hyphens and dots, without parameters, such as text/csv, got {}; "
    "leave out what follows the semicolon: captures ignore it"
)
NAME = 'name must be 1 to 63 letters, digits and inner hyphens, got "{}"; shorten it or replace the other characters'
SEVERAL = "all-at-once, canary or linear when there are several variants"


def variants(*names: str) -> tuple[Variant, ...]:
    return tuple(Variant(name=name) for name in names)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"variants": ()},
            "variants must be a list of 1 to 10, got 0; add or remove [[serving.variants]]",
        ),
        (
            {"variants": variants("one", "one")},
            'variants.name must be different in each variant, got ["one"]; rename one of them',
        ),
        (
            {"shadow": Variant(name="primary")},
            'variants.name must be different in each variant, got ["primary"]; rename one of them',
        ),
        (
            {"variants": (Variant(name="one", weight=0), Variant(name="two", weight=0))},
            "variants.weight must be above 0 in at least one variant, got [0, 0]; give a variant some of the traffic",
        ),
        (
            {"instance": None},
            "instance must be given, or serverless in its place, got nothing; "
            'write for instance instance = "ml.m5.large"',
        ),
        (
            {"instance_count": 0},
            f"instance_count must be between 1 and 1000, got 0; {BOUNDS}",
        ),
        (
            {"instance_count": 1001},
            f"instance_count must be between 1 and 1000, got 1001; {BOUNDS}",
        ),
        (
            {"startup_timeout_seconds": 59},
            f"startup_timeout_seconds must be between 60 and 3600, got 59; {PERIODS}",
        ),
        (
            {"startup_timeout_seconds": 3601},
            f"startup_timeout_seconds must be between 60 and 3600, got 3601; {PERIODS}",
        ),
        (
            {"variants": variants("one", "two"), "shadow": Variant(name="new")},
            'shadow must be left out when there are several variants, got ["one", "two"]; '
            "keep one variant beside the shadow",
        ),
        (
            {"scaling": SCALING, "instance": "ml.t2.medium"},
            "scaling must be left out for burstable instances, which SageMaker does not scale, "
            'got ["ml.t2.medium"]; choose another instance or leave scaling out',
        ),
        (
            {"scaling": SCALING, "instance_count": 1},
            "instance_count must be between scaling.min (2) and scaling.max (4), got 1; change it or the bounds",
        ),
        (
            {"scaling": SCALING, "instance_count": 5},
            "instance_count must be between scaling.min (2) and scaling.max (4), got 5; change it or the bounds",
        ),
        (
            {"variants": variants("one", "two"), "rollout": ROLLING},
            f'rollout.strategy must be {SEVERAL}, got "rolling"; choose another strategy or serve one variant',
        ),
        (
            {"instance_count": 1, "rollout": CANARY},
            "instance_count must be at least 2 for a canary rollout, got 1; "
            "at most half of the fleet may move first: raise it or roll out all-at-once",
        ),
        (
            {"variants": variants("a", "b", "c", "d", "e", "f")},
            "variants must be at most 5 while each is watched by two rollback alarms, got 6; "
            "serve fewer variants from one endpoint",
        ),
    ],
)
def test_an_endpoint_of_instances_refuses_what_sagemaker_would(values: dict[str, Any], sentence: str) -> None:
    given = {"variants": variants("primary"), "instance": "ml.m5.large", **values}

    with pytest.raises(Invalid) as refused:
        Serving(**given)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {"variants": variants("a", "b", "c", "d", "e")},
        {"variants": (Variant(name="one", weight=0), Variant(name="two"))},
        {"instance": None, "variants": (Variant(name="one", instance="ml.c5.large"),)},
        {"instance_count": 1},
        {"instance_count": 1000},
        {"startup_timeout_seconds": 60},
        {"startup_timeout_seconds": 3600},
        {"shadow": Variant(name="new")},
        {"scaling": SCALING, "instance_count": 2},
        {"scaling": SCALING, "instance_count": 4},
        {"instance_count": 2, "rollout": CANARY},
        {"variants": variants("one", "two"), "rollout": CANARY},
        {"rollout": ROLLING},
        {"instance": "ml.t2.medium"},
    ],
)
def test_an_endpoint_of_instances_takes_what_sagemaker_takes(values: dict[str, Any]) -> None:
    given = {"variants": variants("primary"), "instance": "ml.m5.large", **values}

    serving = Serving(**given)

    assert {key: getattr(serving, key) for key in given} == given


def test_a_shadow_without_any_instance_is_refused() -> None:
    primary = Variant(name="primary", instance="ml.m5.large")

    with pytest.raises(Invalid) as refused:
        Serving(variants=(primary,), shadow=Variant(name="new"))

    assert str(refused.value) == (
        'instance must be given, or serverless in its place, got nothing; write for instance instance = "ml.m5.large"'
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("instance", "ml.m5.large"),
        ("instance_count", 1),
        ("capture", Capture()),
        ("scaling", SCALING),
        ("shadow", Variant(name="new")),
    ],
)
def test_a_serverless_endpoint_refuses_what_it_cannot_have(key: str, value: object) -> None:
    given: dict[str, Any] = {key: value}

    with pytest.raises(Invalid) as refused:
        Serving(variants=variants("primary"), serverless=SERVERLESS, **given)

    assert str(refused.value) == (
        f'{key} must be left out when serverless is given, which has none, got "given"; '
        f"remove {key} or serve from instances"
    )


def test_a_serverless_endpoint_refuses_an_instance_of_a_variants_own() -> None:
    primary = Variant(name="primary", instance="ml.m5.large")

    with pytest.raises(Invalid) as refused:
        Serving(variants=(primary,), serverless=SERVERLESS)

    assert str(refused.value) == (
        'variants.instance must be left out when serverless is given, which has none, got "given"; '
        "remove variants.instance or serve from instances"
    )


def test_a_serverless_endpoint_refuses_a_second_variant() -> None:
    with pytest.raises(Invalid) as refused:
        Serving(variants=variants("one", "two"), serverless=SERVERLESS)

    assert str(refused.value) == (
        'variants must be one variant when serverless is given, got ["one", "two"]; keep one of them or use instances'
    )


def test_a_serverless_endpoint_refuses_a_rolling_update() -> None:
    with pytest.raises(Invalid) as refused:
        Serving(variants=variants("primary"), serverless=SERVERLESS, rollout=ROLLING)

    assert str(refused.value) == (
        'rollout.strategy must be all-at-once, canary or linear when serverless is given, got "rolling"; '
        "choose another strategy"
    )


def test_a_serverless_endpoint_needs_no_instance() -> None:
    serving = Serving(variants=variants("primary"), serverless=SERVERLESS)

    assert serving.instance_of(variant=serving.variants[0]) == ""


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"memory_mb": 1500},
            "memory_mb must be one of 1024, 2048, 3072, 4096, 5120, 6144, got 1500; choose the next larger size",
        ),
        ({"max_concurrency": 0}, f"max_concurrency must be between 1 and 200, got 0; {BOUNDS}"),
        ({"max_concurrency": 201}, f"max_concurrency must be between 1 and 200, got 201; {BOUNDS}"),
        (
            {"provisioned_concurrency": 0},
            f"provisioned_concurrency must be between 1 and 200, got 0; {BOUNDS}",
        ),
        (
            {"provisioned_concurrency": 6},
            "provisioned_concurrency must be at most max_concurrency (5), got 6; lower it or raise max_concurrency",
        ),
    ],
)
def test_serverless_refuses_sizes_that_do_not_exist(values: dict[str, Any], sentence: str) -> None:
    given = {"memory_mb": 2048, "max_concurrency": 5, **values}

    with pytest.raises(Invalid) as refused:
        Serverless(**given)

    assert str(refused.value) == sentence


@pytest.mark.parametrize("memory", [1024, 2048, 3072, 4096, 5120, 6144])
def test_serverless_takes_every_size_that_exists(memory: int) -> None:
    serverless = Serverless(memory_mb=memory, max_concurrency=200, provisioned_concurrency=200)

    assert serverless.memory_mb == memory


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"sampling_percentage": 0},
            "sampling_percentage must be between 1 and 100, got 0; leave capture out to keep nothing",
        ),
        (
            {"sampling_percentage": 101},
            "sampling_percentage must be between 1 and 100, got 101; leave capture out to keep nothing",
        ),
        ({"mode": ()}, "mode must be a list of 1 to 2, got 0; name Input, Output or both"),
        ({"csv": ("text/csv; charset=utf-8",)}, MEDIA.format("csv", '"text/csv; charset=utf-8"')),
        ({"json": ("application/json", "json")}, MEDIA.format("json", '"json"')),
        ({"csv": ("text/csv",) * 11}, "csv must be a list of 1 to 10, got 11; " + TYPES),
        ({"json": ()}, "json must be a list of 1 to 10, got 0; " + TYPES),
        ({"json": ("application/vnd.api+json",)}, MEDIA.format("json", '"application/vnd.api+json"')),
    ],
)
def test_a_capture_refuses_what_keeps_nothing_or_is_ignored(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        Capture(**values)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {"sampling_percentage": 1},
        {"sampling_percentage": 100},
        {"mode": ("Output",)},
        {"csv": ("text/csv",) * 10},
        {"json": ("application/vnd.api-1.0",)},
    ],
)
def test_a_capture_takes_what_keeps_something(values: dict[str, Any]) -> None:
    capture = Capture(**values)

    assert {key: getattr(capture, key) for key in values} == values


@pytest.mark.parametrize("name", ["", "-primary", "primary-", "the_primary", "a b", "x" * 64])
def test_a_variant_refuses_a_name_that_sagemaker_does_not_take(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        Variant(name=name)

    assert str(refused.value) == NAME.format(name if len(name) < 60 else "x" * 58 + "…").replace('…"', "…")


@pytest.mark.parametrize("name", ["p", "AllTraffic", "variant--1", "x" * 63])
def test_a_variant_takes_a_name_that_sagemaker_takes(name: str) -> None:
    variant = Variant(name=name)

    assert variant.name == name


@pytest.mark.parametrize("weight", [-0.1, 100.5, float("nan"), float("inf")])
def test_a_variant_refuses_a_weight_that_is_no_share(weight: float) -> None:
    with pytest.raises(Invalid, match=r"^weight must be between 0 and 100, got .*; choose a share of the traffic$"):
        Variant(name="primary", weight=weight)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"error_percent": 0.0},
            "error_percent must be between 0.01 and 100, got 0.0; choose a share of the invocations",
        ),
        (
            {"error_percent": 100.1},
            "error_percent must be between 0.01 and 100, got 100.1; choose a share of the invocations",
        ),
        (
            {"latency_ms": 0},
            "latency_ms must be between 1 and 60000, got 0; SageMaker itself waits no longer than a minute",
        ),
        (
            {"latency_ms": 60_001},
            "latency_ms must be between 1 and 60000, got 60001; SageMaker itself waits no longer than a minute",
        ),
        (
            {"no_invocations_minutes": -1},
            "no_invocations_minutes must be between 0 and 1440, got -1; an alarm looks back a day at most",
        ),
        (
            {"no_invocations_minutes": 1441},
            "no_invocations_minutes must be between 0 and 1440, got 1441; an alarm looks back a day at most",
        ),
    ],
)
def test_alarms_refuse_a_threshold_that_never_or_always_holds(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        Alarms(**values)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {"error_percent": 0.01},
        {"error_percent": 100},
        {"latency_ms": 1},
        {"latency_ms": 60_000},
        {"no_invocations_minutes": 0},
        {"no_invocations_minutes": 1440},
    ],
)
def test_alarms_take_thresholds_at_their_bounds(values: dict[str, Any]) -> None:
    alarms = Alarms(**values)

    assert {key: getattr(alarms, key) for key in values} == values


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({}, 1),
        ({"instance_count": 3}, 3),
        ({"scaling": SCALING}, 2),
        ({"scaling": Scaling(min=1, max=4, invocations_per_instance=9), "rollout": CANARY}, 2),
        ({"rollout": ROLLING}, 2),
    ],
)
def test_a_variant_starts_with_what_scaling_and_rollout_need(values: dict[str, Any], count: int) -> None:
    serving = Serving(variants=variants("primary"), instance="ml.m5.large", **values)

    assert serving.initial_count == count


def test_a_variants_own_instance_goes_before_the_endpoints() -> None:
    own = Variant(name="primary", instance="ml.c5.large")

    serving = Serving(variants=(own,), instance="ml.m5.large")

    assert serving.instance_of(variant=own) == "ml.c5.large"


def test_an_endpoint_is_promoted_when_every_variant_has_a_model() -> None:
    serving = Serving(variants=(Variant(name="primary", model=PROMOTED),), instance="ml.m5.large")

    assert serving.is_promoted


def test_an_endpoint_is_not_promoted_while_its_shadow_has_no_model() -> None:
    primary = Variant(name="primary", model=PROMOTED)

    serving = Serving(variants=(primary,), instance="ml.m5.large", shadow=Variant(name="new"))

    assert not serving.is_promoted
