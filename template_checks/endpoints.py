"""What an endpoint configuration may hold together."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.manifest.problems import Problem
from modelyard.manifest.serving import MOST_VARIANTS, SERVERLESS_MEMORY_MB
from modelyard.template_checks.template import Resource, Template, number, referred, table, tables

CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"


def variants_of(config: Resource) -> list[Mapping[str, Any]]:
    """Return the production variants of a configuration."""
    return tables(config.properties.get("ProductionVariants"))


def shadows_of(config: Resource) -> list[Mapping[str, Any]]:
    """Return the shadow variants of a configuration."""
    return tables(config.properties.get("ShadowProductionVariants"))


def variant_names_are_constant_and_differ(template: Template) -> Iterator[Problem | None]:
    """S02: an update wants the old names, and a name made from the model's would change with it."""
    for config in template.resources(CONFIG):
        names = [variant.get("VariantName") for variant in (*variants_of(config), *shadows_of(config))]
        constant = all(isinstance(name, str) for name in names)
        yield config.problem_if(
            not constant or len({str(name) for name in names}) < len(names),
            key="ProductionVariants.VariantName",
            allowed="a constant that no other variant has",
            got=names,
            hint="name the variant by its part, not by its model",
        )


def variants_are_few_and_serverless_alone(template: Template) -> Iterator[Problem | None]:
    """S04: at most ten variants, and a serverless one beside none."""
    for config in template.resources(CONFIG):
        variants = variants_of(config)
        given = config.properties.get("ProductionVariants", [])
        count = len(given) if isinstance(given, list) else 1
        yield config.problem_if(
            not 1 <= count <= MOST_VARIANTS,
            key="ProductionVariants",
            allowed=f"1 to {MOST_VARIANTS} variants",
            got=count,
            hint="add or remove variants",
        )
        for variant in variants:
            yield from _serverless(config, variant=variant, alone=count == 1)


def serverless_has_nothing_of_instances(template: Template) -> Iterator[Problem | None]:
    """S05: a serverless variant has no capture, shadow, network, isolation, guarded rollout or scaling of instances."""
    for config in template.resources(CONFIG):
        serverless = [variant for variant in variants_of(config) if "ServerlessConfig" in variant]
        if not serverless:
            continue
        models = [template.resource(referred(variant.get("ModelName")) or "") for variant in serverless]
        endpoints = [
            endpoint
            for endpoint in template.resources(ENDPOINT)
            if referred(endpoint.properties.get("EndpointConfigName")) == config.logical_id
        ]
        excluded = [(config, key) for key in ("DataCaptureConfig", "ShadowProductionVariants")]
        excluded += [(model, key) for model in models if model for key in ("EnableNetworkIsolation", "VpcConfig")]
        excluded += [(endpoint, "DeploymentConfig") for endpoint in endpoints]
        for resource, key in excluded:
            yield resource.problem_if(
                resource.properties.get(key, False) not in (False, "false", []),
                key=key,
                allowed="left out for serverless variants",
                got="given",
                hint="serve from instances, or leave it out",
            )


def one_shadow_beside_one_variant(template: Template) -> Iterator[Problem | None]:
    """S06: at most one shadow, and then one production variant."""
    for config in template.resources(CONFIG):
        shadows = len(shadows_of(config))
        yield config.problem_if(
            shadows > 1 or (shadows == 1 and len(variants_of(config)) != 1),
            key="ShadowProductionVariants",
            allowed="one, beside one production variant",
            got=shadows,
            hint="keep one of each",
        )


def _serverless(config: Resource, *, variant: Mapping[str, Any], alone: bool) -> Iterator[Problem | None]:
    serverless = table(variant.get("ServerlessConfig"))
    if not serverless:
        return
    with_instances = sorted({"InstanceType", "InitialInstanceCount"} & set(variant))
    yield config.problem_if(
        not alone or bool(with_instances),
        key="ProductionVariants.ServerlessConfig",
        allowed="the only variant, without instances",
        got=with_instances if with_instances else "beside others",
        hint="remove one or the other",
    )
    memory = number(serverless.get("MemorySizeInMB"))
    yield config.problem_if(
        memory is not None and memory not in SERVERLESS_MEMORY_MB,
        key="ProductionVariants.ServerlessConfig.MemorySizeInMB",
        allowed=f"one of {', '.join(map(str, SERVERLESS_MEMORY_MB))}",
        got=memory,
        hint="choose the next larger size",
    )
    kept, most = number(serverless.get("ProvisionedConcurrency")), number(serverless.get("MaxConcurrency"))
    yield config.problem_if(
        kept is not None and most is not None and kept > most,
        key="ProductionVariants.ServerlessConfig.ProvisionedConcurrency",
        allowed=f"at most MaxConcurrency ({most})",
        got=kept,
        hint="lower it",
    )
