"""How an endpoint gets from one configuration to another: which way, for how long, with how many instances.

Source: "Deployment guardrails for updating models in production" in the SageMaker developer guide, and UpdateEndpoint
in its API reference.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from modelyard.operations.costs.calendar import BoundsChange
from modelyard.operations.planning.comparison import Comparison, StackPlan
from modelyard.operations.planning.differences import Action, Change
from modelyard.template_checks.endpoints import variants_of
from modelyard.template_checks.template import Resource, Template, as_text, number, referred, table, tables

ENDPOINT = "AWS::SageMaker::Endpoint"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
BLUE_GREEN, ROLLING = "BlueGreenUpdatePolicy", "RollingUpdatePolicy"

Strategy = Literal["all at once", "canary", "linear", "rolling"]
STRATEGIES: Mapping[str, Strategy] = {"ALL_AT_ONCE": "all at once", "CANARY": "canary", "LINEAR": "linear"}
SIZES = {"canary": "CanarySize", "linear": "LinearStepSize", "rolling": "MaximumBatchSize"}
# What a variant runs with, and where a template says what it begins with.
INITIAL = {"DesiredInstanceCount": "InitialInstanceCount", "DesiredWeight": "InitialVariantWeight"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollout:
    """An endpoint's way to another configuration.

    `first_share` is what the first step moves, as the template says it (`25 %`, `1 instance`); `steps` how often
    traffic moves, each time watched for `wait_seconds`; then the old fleet waits for `termination_seconds`.
    `instances` are those that the configuration begins with.
    """

    stack: str
    endpoint: str
    strategy: Strategy
    first_share: str
    steps: int
    wait_seconds: int
    termination_seconds: int
    alarms: int
    keeps_count: bool
    keeps_weights: bool
    instances: int
    without_effect: tuple[str, ...]

    @property
    def bake_seconds(self) -> int:
        """How long it is watched in all: the least that the update takes, beside what instances take to start."""
        return self.steps * self.wait_seconds + self.termination_seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointSpec:
    """An endpoint with its configuration in one template."""

    endpoint: Resource
    config: Resource | None

    @property
    def variants(self) -> dict[str, Mapping[str, Any]]:
        """The production variants by their names."""
        found = variants_of(self.config) if self.config is not None else []
        return {as_text(one.get("VariantName")): one for one in found}

    @property
    def name(self) -> str:
        """What the endpoint is called, or its logical id."""
        given = self.endpoint.properties.get("EndpointName")
        return given if isinstance(given, str) else self.endpoint.logical_id

    def is_scaled_by(self, target: Resource, *, variant: str) -> bool:
        """Return whether a scalable target is of one of its variants."""
        place = as_text(target.properties.get("ResourceId", ""))
        mine = f'"{self.endpoint.logical_id}"' in place or place.startswith(f"endpoint/{self.name}/")
        return mine and place.endswith(f"/variant/{variant}")


def endpoint_spec(template: Template, *, endpoint: Resource) -> EndpointSpec:
    """Return an endpoint, with its configuration where that is in the same template."""
    config = template.resource(referred(endpoint.properties.get("EndpointConfigName")) or "")
    return EndpointSpec(endpoint=endpoint, config=config)


def scalings_of(template: Template, *, of: EndpointSpec, variant: str) -> list[Resource]:
    """Return the scalable targets of a variant."""
    return [one for one in template.resources(TARGET) if of.is_scaled_by(one, variant=variant)]


def bounds_changes(scaling: Mapping[str, Any]) -> list[BoundsChange]:
    """Return what the scheduled actions among the properties of a scalable target change."""
    actions = tables(scaling.get("ScheduledActions"))
    bounds = [table(action.get("ScalableTargetAction")) for action in actions]
    return [
        BoundsChange(
            expression=as_text(action.get("Schedule")),
            timezone=as_text(action.get("Timezone", "UTC")),
            low=number(bound.get("MinCapacity")),
            high=number(bound.get("MaxCapacity")),
        )
        for action, bound in zip(actions, bounds, strict=True)
    ]


def moved_endpoints(comparison: Comparison) -> Iterator[tuple[StackPlan, Change]]:
    """Yield the endpoints that stay and get another configuration."""
    for stack in comparison.stacks:
        for change in stack.changes:
            updated = change.type == ENDPOINT and change.action is Action.UPDATE
            if updated and "EndpointConfigName" in change.properties:
                yield stack, change


def before_after(stack: StackPlan, *, change: Change) -> tuple[EndpointSpec, EndpointSpec]:
    """Return an endpoint before and after.

    Raises:
        ValueError: it is not in both templates.
    """
    if stack.old is None or stack.new is None or change.old is None or change.new is None:
        raise ValueError(f"{change.logical_id} must be in both templates of {stack.name}, got one")
    return endpoint_spec(stack.old, endpoint=change.old), endpoint_spec(stack.new, endpoint=change.new)


def rollouts(comparison: Comparison) -> list[Rollout]:
    """Return how every endpoint moves that does."""
    found = []
    for stack, change in moved_endpoints(comparison):
        before, after = before_after(stack, change=change)
        settings = _Settings(properties=after.endpoint.properties)
        counts = [number(variant.get("InitialInstanceCount")) for variant in after.variants.values()]
        known = [count for count in counts if count is not None]
        # What is written anew and yet stays as it runs.
        without_effect = [
            f"{name}.{initial}"
            for name, variant in after.variants.items()
            for running, initial in INITIAL.items()
            if running in settings.kept and before.variants.get(name, variant).get(initial) != variant.get(initial)
        ]
        found.append(
            Rollout(
                stack=stack.name,
                endpoint=after.name,
                strategy=settings.strategy,
                first_share=settings.first_share,
                steps=settings.steps(counts=known),
                wait_seconds=_seconds(settings.rolling or settings.routing, "WaitIntervalInSeconds"),
                termination_seconds=_seconds(settings.blue_green, "TerminationWaitInSeconds"),
                alarms=len(table(settings.deployment.get("AutoRollbackConfiguration")).get("Alarms", ())),
                keeps_count="DesiredInstanceCount" in settings.kept,
                keeps_weights="DesiredWeight" in settings.kept,
                instances=sum(known),
                without_effect=tuple(without_effect),
            )
        )
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class _Settings:
    """What an endpoint's properties say of its updates."""

    properties: Mapping[str, Any]

    @property
    def deployment(self) -> Mapping[str, Any]:
        return table(self.properties.get("DeploymentConfig"))

    @property
    def rolling(self) -> Mapping[str, Any]:
        return table(self.deployment.get(ROLLING))

    @property
    def blue_green(self) -> Mapping[str, Any]:
        return table(self.deployment.get(BLUE_GREEN))

    @property
    def routing(self) -> Mapping[str, Any]:
        return table(self.blue_green.get("TrafficRoutingConfiguration"))

    @property
    def strategy(self) -> Strategy:
        return "rolling" if self.rolling else STRATEGIES[str(self.routing.get("Type", "ALL_AT_ONCE"))]

    @property
    def size(self) -> Mapping[str, Any]:
        """How much a step moves; empty when all moves at once."""
        return table((self.rolling if self.rolling else self.routing).get(SIZES.get(self.strategy, "")))

    @property
    def is_in_percent(self) -> bool:
        return self.size.get("Type") == "CAPACITY_PERCENT"

    @property
    def first_share(self) -> str:
        value = number(self.size.get("Value"))
        if value is None:
            return "all"
        if self.is_in_percent:
            return f"{value} %"
        return f"{value} instance{'s' if value > 1 else ''}"

    @property
    def kept(self) -> frozenset[str]:
        """What an update leaves as it runs: with RetainAllVariantProperties all that is not excluded."""
        if self.properties.get("RetainAllVariantProperties") not in (True, "true"):
            return frozenset()
        excluded = tables(self.properties.get("ExcludeRetainedVariantProperties", []))
        return frozenset(INITIAL) - {one.get("VariantPropertyType") for one in excluded}

    def steps(self, *, counts: list[int]) -> int:
        """Return how often traffic moves, to so many instances of each variant."""
        value = number(self.size.get("Value"))
        part = max(1, value) if value is not None else 1
        match self.strategy:
            case "rolling":  # of a batch in percent so many instances, rounded up
                batches = [
                    math.ceil(count / (math.ceil(count * part / 100) if self.is_in_percent else part))
                    for count in counts
                    if count > 0
                ]
                return max(batches, default=1)
            case "linear":
                return math.ceil((100 if self.is_in_percent else max(1, sum(counts))) / part)
            case "canary":
                return 2
            case _:
                return 1


def _seconds(policy: Mapping[str, Any], key: str) -> int:
    found = number(policy.get(key))
    return found if found is not None else 0
