"""How an endpoint's traffic moves to a new fleet: the steps of a DeploymentConfig.

Source: "Deployment guardrails" in AWS's developer guide, and DeploymentConfig in the SageMaker API reference.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document

# "Value must be less than or equal to 50% of the variant's total instance count"; linear steps and rolling batches
# must be 10% and 5% at least.
LARGEST_PERCENT = 50
SMALLEST_PERCENT = {"CanarySize": 1, "LinearStepSize": 10, "MaximumBatchSize": 5, "RollbackMaximumBatchSize": 5}
SIZE_OF = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """The new fleet's share of traffic, from 0 to 1, and how many seconds it is watched."""

    share: float
    bake_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """After a rolling step: how many instances of each variant are new, and how many of the old are left."""

    new: Mapping[str, int]
    old: Mapping[str, int]
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollout:
    """A DeploymentConfig, read. Without one everything moves at once and nothing is watched.

    Raises:
        ServiceError: ValidationException, a size is missing or out of bounds, or both policies are given.

    """

    config: Document

    def __post_init__(self) -> None:
        if self._blue_green and self._rolling:
            raise invalid("DeploymentConfig must have either BlueGreenUpdatePolicy or RollingUpdatePolicy, got both")
        routing = self._blue_green.get("TrafficRoutingConfiguration", {})
        wanted = SIZE_OF.get(routing.get("Type", ""))
        if wanted is not None and wanted not in routing:
            raise invalid(f"TrafficRoutingConfiguration of type {routing['Type']} must have {wanted}")
        for holder in (routing, self._rolling):
            for name in set(holder) & set(SMALLEST_PERCENT):
                _check_percent(name=name, size=holder[name])

    @property
    def is_rolling(self) -> bool:
        """Whether instances are replaced in batches, and not as a whole fleet."""
        return bool(self._rolling)

    @property
    def alarms(self) -> tuple[str, ...]:
        """The alarms that bring the old fleet back."""
        return tuple(alarm["AlarmName"] for alarm in self.config.get("AutoRollbackConfiguration", {}).get("Alarms", ()))

    @property
    def termination_wait_seconds(self) -> float:
        """How long the old fleet is kept after the new one has all traffic."""
        return float(self._blue_green.get("TerminationWaitInSeconds", 0))

    @property
    def limit_seconds(self) -> float:
        """After how many seconds the update is given up."""
        policy = self._blue_green or self._rolling
        return float(policy.get("MaximumExecutionTimeoutInSeconds", math.inf))

    @property
    def batch_bake_seconds(self) -> float:
        """How long each batch of a rolling update is watched."""
        return float(self._rolling.get("WaitIntervalInSeconds", 0))

    def stages(self, *, counts: Mapping[str, int]) -> list[Stage]:
        """Return the steps of a blue/green update to so many instances of each variant."""
        routing = self._blue_green.get("TrafficRoutingConfiguration", {"Type": "ALL_AT_ONCE"})
        bake = float(routing.get("WaitIntervalInSeconds", 0))
        return [Stage(share=share, bake_seconds=bake) for share in _shares(routing, total=sum(counts.values()))]

    def batches(self, *, new: Mapping[str, int], old: Mapping[str, int]) -> list[Batch]:
        """Return the steps of a rolling update from some counts to others."""
        size = self._rolling["MaximumBatchSize"]
        steps = max((math.ceil(count / _instances(size, total=count)) for count in new.values() if count), default=1)
        return [_batch(new=new, old=old, share=step / steps) for step in range(1, steps + 1)]

    @property
    def _blue_green(self) -> Document:
        policy: Document = self.config.get("BlueGreenUpdatePolicy", {})
        return policy

    @property
    def _rolling(self) -> Document:
        policy: Document = self.config.get("RollingUpdatePolicy", {})
        return policy


def _check_percent(*, name: str, size: Document) -> None:
    low, high = SMALLEST_PERCENT[name], LARGEST_PERCENT
    if size["Type"] == "CAPACITY_PERCENT" and not low <= size["Value"] <= high:
        raise invalid(f"{name} must be between {low} and {high} CAPACITY_PERCENT, got {size['Value']}")


def _shares(routing: Document, *, total: int) -> Sequence[float]:
    if routing["Type"] == "CANARY":
        return [_share(routing["CanarySize"], total=total), 1.0]
    if routing["Type"] == "LINEAR":
        step = _share(routing["LinearStepSize"], total=total)
        return [min(1.0, step * number) for number in range(1, math.ceil(1 / step - 1e-9) + 1)]
    return [1.0]


def _share(size: Document, *, total: int) -> float:
    share = size["Value"] / (100 if size["Type"] == "CAPACITY_PERCENT" else max(1, total))
    return float(min(1.0, share))


def _instances(size: Document, *, total: int) -> int:
    part = size["Value"] if size["Type"] == "INSTANCE_COUNT" else math.ceil(total * size["Value"] / 100)
    return max(1, int(part))


def _batch(*, new: Mapping[str, int], old: Mapping[str, int], share: float) -> Batch:
    return Batch(
        new={name: math.ceil(count * share) for name, count in new.items()},
        old={name: math.floor(count * (1 - share)) for name, count in old.items()},
        share=share,
    )
