from typing import Any

import pytest

from support.templates import capture, config, endpoint, model, sentences_of, serverless, variant

NAMES = "name the variant by its part, not by its model"
SIZES = "1024, 2048, 3072, 4096, 5120, 6144"
OF_MODEL = {**serverless(), "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]}}
GIVEN_BY_MODEL = {"Fn::GetAtt": ["Model", "ModelName"]}
DEPLOYED = {"Fn::If": ["IsProd", [variant()], [variant(VariantName="other")]]}


def test_s02_refuses_a_variant_that_is_named_by_its_model() -> None:
    said = sentences_of(Config=config(variant(VariantName=GIVEN_BY_MODEL)))

    assert said == [
        "S02 Config.ProductionVariants.VariantName must be a constant that no other variant has, "
        f'got [{{"Fn::GetAtt": ["Model", "ModelName"]}}] in stack; {NAMES}'
    ]


def test_s02_refuses_two_variants_of_one_name() -> None:
    said = sentences_of(Config=config(variant(), variant()))

    assert said == [
        "S02 Config.ProductionVariants.VariantName must be a constant that no other variant has, "
        f'got ["primary", "primary"] in stack; {NAMES}'
    ]


def test_s02_refuses_a_shadow_that_is_named_like_its_variant() -> None:
    said = sentences_of(Config=config(variant(), ShadowProductionVariants=[variant()]))

    assert said == [
        "S02 Config.ProductionVariants.VariantName must be a constant that no other variant has, "
        f'got ["primary", "primary"] in stack; {NAMES}'
    ]


def test_s02_takes_constant_names_that_differ() -> None:
    said = sentences_of(Config=config(variant(), variant(VariantName="challenger")))

    assert said == []


@pytest.mark.parametrize("count", [0, 11])
def test_s04_refuses_a_configuration_of_no_or_too_many_variants(count: int) -> None:
    variants = [variant(VariantName=f"v{number}") for number in range(count)]
    body = config()
    body["Properties"]["ProductionVariants"] = variants

    said = sentences_of(Config=body)

    assert said == [
        f"S04 Config.ProductionVariants must be 1 to 10 variants, got {count} in stack; add or remove variants"
    ]


@pytest.mark.parametrize("count", [1, 10])
def test_s04_takes_one_to_ten_variants(count: int) -> None:
    said = sentences_of(Config=config(*(variant(VariantName=f"v{number}") for number in range(count))))

    assert said == []


def test_s04_refuses_a_serverless_variant_with_instances() -> None:
    both = {**variant(), **serverless()}

    said = sentences_of(Config=config(both))

    assert said == [
        "S04 Config.ProductionVariants.ServerlessConfig must be the only variant, without instances, "
        'got ["InitialInstanceCount", "InstanceType"] in stack; remove one or the other'
    ]


def test_s04_refuses_a_serverless_variant_beside_another() -> None:
    said = sentences_of(Config=config(serverless(), variant(VariantName="other")))

    assert said == [
        "S04 Config.ProductionVariants.ServerlessConfig must be the only variant, without instances, "
        'got "beside others" in stack; remove one or the other'
    ]


def test_s04_refuses_a_serverless_memory_between_the_sizes() -> None:
    said = sentences_of(Config=config(serverless(MemorySizeInMB=1500)))

    assert said == [
        "S04 Config.ProductionVariants.ServerlessConfig.MemorySizeInMB must be one of "
        f"{SIZES}, got 1500 in stack; choose the next larger size"
    ]


def test_s04_refuses_more_provisioned_than_there_may_be() -> None:
    said = sentences_of(Config=config(serverless(ProvisionedConcurrency=6)))

    assert said == [
        "S04 Config.ProductionVariants.ServerlessConfig.ProvisionedConcurrency must be at most MaxConcurrency (5), "
        "got 6 in stack; lower it"
    ]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"MemorySizeInMB": 6144, "ProvisionedConcurrency": 5},
        {"MemorySizeInMB": "1024", "MaxConcurrency": "5", "ProvisionedConcurrency": "5"},
        {"MemorySizeInMB": {"Ref": "Memory"}},
        {"ProvisionedConcurrency": {"Ref": "Kept"}},
        {"MaxConcurrency": {"Fn::If": ["IsProd", 20, 5]}, "ProvisionedConcurrency": 5},
    ],
)
def test_s04_takes_a_serverless_variant_by_itself(given: dict[str, Any]) -> None:
    said = sentences_of(Config=config(serverless(**given)))

    assert said == []


@pytest.mark.parametrize(
    ("key", "resources"),
    [
        ("Config.DataCaptureConfig", {"Config": config(OF_MODEL, DataCaptureConfig=capture())}),
        ("Model.EnableNetworkIsolation", {"Model": model(EnableNetworkIsolation=True)}),
        ("Model.VpcConfig", {"Model": model(VpcConfig={"Ref": "Network"})}),
        ("Endpoint.DeploymentConfig", {"Endpoint": endpoint(DeploymentConfig={"Ref": "Rollout"})}),
    ],
)
def test_s05_refuses_for_a_serverless_variant_what_only_instances_have(key: str, resources: dict[str, Any]) -> None:
    said = sentences_of(rule="S05", **{"Config": config(OF_MODEL), "Model": model(), **resources})

    assert said == [
        f'S05 {key} must be left out for serverless variants, got "given" in stack; '
        "serve from instances, or leave it out"
    ]


def test_s05_refuses_a_shadow_beside_a_serverless_variant() -> None:
    shadow = variant(VariantName="shadow")

    said = sentences_of(rule="S05", Config=config(OF_MODEL, ShadowProductionVariants=[shadow]))

    assert len(said) == 1
    assert "Config.ShadowProductionVariants must be left out" in said[0]


def test_s05_takes_a_serverless_variant_whose_network_is_open() -> None:
    said = sentences_of(
        rule="S05", Config=config(OF_MODEL), Model=model(EnableNetworkIsolation=False), Endpoint=endpoint()
    )

    assert said == []


def test_s05_takes_a_capture_of_instances() -> None:
    said = sentences_of(Config=config(DataCaptureConfig=capture()))

    assert said == []


def test_s05_takes_a_capture_that_is_taken_away_again() -> None:
    said = sentences_of(Config=config(serverless(), DataCaptureConfig={"Ref": "AWS::NoValue"}))

    assert said == []


@pytest.mark.parametrize(
    ("variants", "shadows"),
    [
        ([variant()], ["new", "newer"]),
        ([variant(), variant(VariantName="other")], ["new"]),
    ],
)
def test_s06_refuses_more_than_one_shadow_beside_one_variant(variants: list[Any], shadows: list[str]) -> None:
    beside = [variant(VariantName=name) for name in shadows]

    said = sentences_of(Config=config(*variants, ShadowProductionVariants=beside))

    assert said == [
        "S06 Config.ShadowProductionVariants must be one, beside one production variant, "
        f"got {len(shadows)} in stack; keep one of each"
    ]


def test_s06_takes_one_shadow_beside_one_variant() -> None:
    said = sentences_of(Config=config(variant(), ShadowProductionVariants=[variant(VariantName="new")]))

    assert said == []


@pytest.mark.parametrize(
    "variants",
    [
        DEPLOYED,
        [{"Fn::If": ["IsProd", variant(), variant(VariantName="other")]}],
        {"Fn::Transform": {"Name": "Variants"}},
    ],
)
def test_variants_that_only_the_deploy_knows_are_not_checked(variants: Any) -> None:
    body = config()
    body["Properties"]["ProductionVariants"] = variants

    said = sentences_of(Config=body)

    assert said == []


@pytest.mark.parametrize("variants", [None, "primary", 3, {}, [], [None], ["primary"], [[]], [{}]])
def test_variants_of_another_kind_end_in_no_traceback(variants: Any) -> None:
    body = config()
    body["Properties"]["ProductionVariants"] = variants

    said = sentences_of(Config=body)

    assert len(said) <= 1
