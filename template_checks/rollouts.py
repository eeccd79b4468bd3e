"""How an endpoint is moved, and what watches it."""

import fnmatch
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.manifest.problems import NOTHING, Problem
from modelyard.manifest.rollout import LONGEST_TIMEOUT_SECONDS, MOST_ALARMS, MOST_PERCENT, SHORTEST_TIMEOUT_SECONDS
from modelyard.template_checks.endpoints import variants_of
from modelyard.template_checks.roles import policies_of
from modelyard.template_checks.template import Resource, Template, listed, number, referred, table, values_at

ENDPOINT = "AWS::SageMaker::Endpoint"
BLUE_GREEN = "BlueGreenUpdatePolicy"
ROLLING = "RollingUpdatePolicy"
SIZES = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}


def one_watched_policy_that_can_end(template: Template) -> Iterator[Problem | None]:
    """S09: one policy, shares of at most half a fleet, time for all waits, alarms that the role may look at."""
    for endpoint in template.resources(ENDPOINT):
        deployment = table(endpoint.properties.get("DeploymentConfig"))
        if deployment:
            # The instances of the smallest variant, or None where only the deploy knows them.
            config = _config(template, endpoint=endpoint)
            counts = [number(variant.get("InitialInstanceCount")) for variant in variants_of(config)] if config else []
            fleet = min((count for count in counts if count is not None), default=None)
            given = [policy for policy in (BLUE_GREEN, ROLLING) if policy in deployment]
            yield endpoint.problem_if(
                len(given) != 1,
                key="DeploymentConfig",
                allowed=f"one of {BLUE_GREEN} and {ROLLING}",
                got=given,
                hint="keep one",
            )
            if table(deployment.get(BLUE_GREEN)):
                yield from _blue_green(endpoint, policy=deployment[BLUE_GREEN], fleet=fleet)
            if table(deployment.get(ROLLING)):
                yield from _rolling(endpoint, policy=deployment[ROLLING], fleet=fleet)
            yield from _alarms(template, endpoint=endpoint, deployment=deployment)


def rolling_moves_one_variant(template: Template) -> Iterator[Problem | None]:
    """S10: a rolling update is for one variant."""
    for endpoint in template.resources(ENDPOINT):
        config = _config(template, endpoint=endpoint)
        variants = variants_of(config) if config is not None else []
        yield endpoint.problem_if(
            ROLLING in table(endpoint.properties.get("DeploymentConfig")) and len(variants) > 1,
            key=f"DeploymentConfig.{ROLLING}",
            allowed="left out for several variants",
            got=[variant.get("VariantName") for variant in variants],
            hint="use a blue/green policy",
        )


def _config(template: Template, *, endpoint: Resource) -> Resource | None:
    return template.resource(referred(endpoint.properties.get("EndpointConfigName")) or "")


def _blue_green(endpoint: Resource, *, policy: Mapping[str, Any], fleet: int | None) -> Iterator[Problem | None]:
    routing = table(policy.get("TrafficRoutingConfiguration"))
    size = SIZES.get(str(routing.get("Type")))
    if size is not None:
        yield _size(endpoint, key=f"DeploymentConfig.{BLUE_GREEN}.{size}", size=routing.get(size), fleet=fleet)
    yield _wait(endpoint, policy=routing, key=f"DeploymentConfig.{BLUE_GREEN}.WaitIntervalInSeconds")
    share = number(table(routing.get("LinearStepSize")).get("Value"))
    linear = -(-100 // max(share, 1)) if share is not None else 1
    steps = {"CANARY": 2, "LINEAR": linear}.get(str(routing.get("Type")), 1)
    waits = ((steps - 1) * _least(routing.get("WaitIntervalInSeconds"))) + _least(
        policy.get("TerminationWaitInSeconds")
    )
    yield _timeout(endpoint, policy=policy, waits=waits)


def _rolling(endpoint: Resource, *, policy: Mapping[str, Any], fleet: int | None) -> Iterator[Problem | None]:
    key = f"DeploymentConfig.{ROLLING}.MaximumBatchSize"
    yield _size(endpoint, key=key, size=policy.get("MaximumBatchSize"), fleet=fleet)
    yield _wait(endpoint, policy=policy, key=f"DeploymentConfig.{ROLLING}.WaitIntervalInSeconds")
    yield _timeout(endpoint, policy=policy, waits=_least(policy.get("WaitIntervalInSeconds")))


def _least(wait: Any) -> int:
    """A wait as far as it is known: one that only the deploy knows may be none."""
    known = number(wait)
    return known if known is not None else 0


def _size(endpoint: Resource, *, key: str, size: Any, fleet: int | None) -> Problem | None:
    return endpoint.problem_if(
        size is None or not _fits(table(size), fleet=fleet),
        key=key,
        allowed=f"at least 1, and at most {MOST_PERCENT} percent of the fleet",
        got=size if size is not None else NOTHING,
        hint="move less at a time, or start with more instances",
    )


def _fits(size: Mapping[str, Any], *, fleet: int | None) -> bool:
    """Whether a step moves something and at most half: of one instance there is no half."""
    value = number(size.get("Value"))
    if value is None:
        return True
    if size.get("Type") == "CAPACITY_PERCENT":
        return 1 <= value <= MOST_PERCENT and (fleet is None or fleet > 1)
    return value >= 1 and (fleet is None or value * 100 <= fleet * MOST_PERCENT)


def _wait(endpoint: Resource, *, policy: Mapping[str, Any], key: str) -> Problem | None:
    return endpoint.problem_if(
        "WaitIntervalInSeconds" not in policy,
        key=key,
        allowed="given: the API requires it, though the schema does not",
        got=NOTHING,
        hint="say how long a step is watched",
    )


def _timeout(endpoint: Resource, *, policy: Mapping[str, Any], waits: int) -> Problem | None:
    least = max(SHORTEST_TIMEOUT_SECONDS, waits + 1)
    timeout = number(policy.get("MaximumExecutionTimeoutInSeconds"))
    return endpoint.problem_if(
        timeout is not None and not least <= timeout <= LONGEST_TIMEOUT_SECONDS,
        key="DeploymentConfig.MaximumExecutionTimeoutInSeconds",
        allowed=f"between {least}, for all waits, and {LONGEST_TIMEOUT_SECONDS}",
        got=timeout,
        hint="raise it or wait less",
    )


def _alarms(template: Template, *, endpoint: Resource, deployment: Mapping[str, Any]) -> Iterator[Problem | None]:
    rollback = deployment.get("AutoRollbackConfiguration", {})
    alarms = table(rollback).get("Alarms", [])
    known = isinstance(alarms, list) and not (rollback and table(rollback) == {})
    yield endpoint.problem_if(
        known and not 1 <= len(alarms) <= MOST_ALARMS,
        key="DeploymentConfig.AutoRollbackConfiguration.Alarms",
        allowed=f"1 to {MOST_ALARMS} alarms: without one, waiting watches nothing",
        got=len(alarms),
        hint="name alarms of the endpoint",
    )
    # The execution roles of the endpoint's models, as far as they are in the template.
    config = _config(template, endpoint=endpoint)
    models = [
        template.resource(referred(variant.get("ModelName")) or "")
        for variant in (variants_of(config) if config is not None else [])
    ]
    ids = {referred(model.properties.get("ExecutionRoleArn")) for model in models if model is not None}
    found = [template.resource(logical_id) for logical_id in sorted(filter(None, ids))]
    for role in [role for role in found if role is not None]:
        yield role.problem_if(
            not _may_look_at_alarms(template, role=role),
            key="Policies",
            allowed="ones that allow cloudwatch:DescribeAlarms, by which a rollout is watched",
            got="none that does",
            hint="allow it on the rollback alarms",
        )


def _may_look_at_alarms(template: Template, *, role: Resource) -> bool:
    """Whether the role's statements allow it, its own or those beside it; those of a managed policy are not known."""
    policies = [template.resource(one) for one in sorted(policies_of(template, role=role.logical_id))]
    holders = [role.properties, *(policy.properties for policy in policies if policy is not None)]
    actions = [action for holder in holders for found in values_at(holder, "Action") for action in listed(found)]
    return "ManagedPolicyArns" in role.properties or any(
        fnmatch.fnmatchcase("cloudwatch:describealarms", str(action).lower()) for action in actions
    )
