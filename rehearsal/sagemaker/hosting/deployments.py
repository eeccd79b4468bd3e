"""What is done to an endpoint in service: its first fleet set comes up, is resized, or another takes its place.

Source: "Deployment guardrails for updating models in production" and "Auto-Rollback Configuration and Monitoring" in
AWS's developer guide, and DeploymentConfig in the SageMaker API reference. In which words AWS ends a deployment whose
role may not see its alarms is not known.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.hosting.endpoint_state import EndpointState
from modelyard.rehearsal.sagemaker.hosting.fleet_sets import FleetSet
from modelyard.rehearsal.sagemaker.hosting.launching import LaunchError
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

# Alarms are looked at each minute while a fleet is watched.
WATCH_SECONDS = 60.0
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
        size_name = SIZE_OF.get(routing.get("Type", ""))
        if size_name is not None and size_name not in routing:
            raise invalid(f"TrafficRoutingConfiguration of type {routing['Type']} must have {size_name}")
        for holder in (routing, self._rolling):
            for name in set(holder) & set(SMALLEST_PERCENT):
                low, high, size = SMALLEST_PERCENT[name], LARGEST_PERCENT, holder[name]
                if size["Type"] == "CAPACITY_PERCENT" and not low <= size["Value"] <= high:
                    raise invalid(f"{name} must be between {low} and {high} CAPACITY_PERCENT, got {size['Value']}")

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
        bake_seconds = float(routing.get("WaitIntervalInSeconds", 0))
        size_name = SIZE_OF.get(routing["Type"])
        if size_name is None:
            return [Stage(share=1.0, bake_seconds=bake_seconds)]
        size = routing[size_name]
        whole = 100 if size["Type"] == "CAPACITY_PERCENT" else max(1, sum(counts.values()))
        step = float(min(1.0, size["Value"] / whole))
        if size_name == "CanarySize":
            shares = [step, 1.0]
        else:
            # A quotient that is above a whole number by rounding alone adds no step.
            shares = [min(1.0, step * number) for number in range(1, math.ceil(1 / step - 1e-9) + 1)]
        return [Stage(share=share, bake_seconds=bake_seconds) for share in shares]

    def batches(self, *, new: Mapping[str, int], old: Mapping[str, int]) -> list[Batch]:
        """Return the steps of a rolling update from some counts to others."""
        size = self._rolling["MaximumBatchSize"]
        steps = 1
        for count in new.values():
            part = size["Value"] if size["Type"] == "INSTANCE_COUNT" else math.ceil(count * size["Value"] / 100)
            steps = max(steps, math.ceil(count / max(1, int(part))))
        return [
            Batch(
                new={name: math.ceil(count * (step / steps)) for name, count in new.items()},
                old={name: math.floor(count * (1 - step / steps)) for name, count in old.items()},
                share=step / steps,
            )
            for step in range(1, steps + 1)
        ]

    @property
    def _blue_green(self) -> Document:
        policy: Document = self.config.get("BlueGreenUpdatePolicy", {})
        return policy

    @property
    def _rolling(self) -> Document:
        policy: Document = self.config.get("RollingUpdatePolicy", {})
        return policy


class RolloutFailedError(Exception):
    """An update that cannot go on, with the FailureReason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackAlarms:
    """The alarms of the account, as the role of the endpoint's model may see them."""

    platform: Platform
    role_arn: str

    def in_alarm(self, names: Sequence[str]) -> Sequence[str]:
        """Return those that are in ALARM state.

        Raises:
            RolloutFailedError: the role may not see one of them.

        """
        if not names:
            return ()
        for name in names:
            arn = f"arn:aws:cloudwatch:{self.platform.region}:{self.platform.account}:alarm:{name}"
            try:
                self.platform.require(
                    role_arn=self.role_arn, action="cloudwatch:DescribeAlarms", resource=arn, context={}
                )
            except ServiceError as error:
                raise RolloutFailedError(
                    f"The deployment was rolled back, as it cannot be watched: {error.message}"
                ) from error
        answer = self.platform.own_client("cloudwatch").describe_alarms(
            AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        alarms = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
        return sorted(alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM")


def create(*, endpoint: EndpointState, fleet_set: FleetSet, clock: Clock) -> None:
    """Bring up an endpoint's first fleet set: InService, or Failed with a reason."""
    try:
        fleet_set.start()
    except LaunchError as error:
        fleet_set.stop(grace=1)
        endpoint.set_status("Failed", moment=clock.now(), reason=str(error))
    else:
        endpoint.serve(fleet_set)
        endpoint.set_status("InService", moment=clock.now())


def resize(
    *,
    endpoint: EndpointState,
    fleet_set: FleetSet,
    counts: Mapping[str, int],
    weights: Mapping[str, float],
    clock: Clock,
) -> None:
    """Give variants other instance counts and weights; if an instance does not come up, the weights stay."""
    reason = None
    try:
        fleet_set.resize(counts)
        fleet_set.weights |= weights
    except LaunchError as error:
        reason = str(error)
    endpoint.set_status("InService", moment=clock.now(), reason=reason)


class Update:
    """One UpdateEndpoint: the new fleet set takes the place of the old one, or the old one gets everything back."""

    def __init__(
        self,
        *,
        endpoint: EndpointState,
        old: FleetSet,
        new: FleetSet,
        rollout: Rollout,
        clock: Clock,
        alarms: RollbackAlarms,
    ) -> None:
        self._endpoint = endpoint
        self._old = old
        self._new = new
        self._counts = old.counts()
        self._rollout = rollout
        self._clock = clock
        self._alarms = alarms
        self._started = clock.now()

    def steps(self) -> Iterator[float]:
        """Replace the old fleet set by the new one, or end where it began; yield the seconds to wait."""
        try:
            self._check()
            yield from self._roll() if self._rollout.is_rolling else self._blue_green()
        except (LaunchError, RolloutFailedError) as error:
            self._roll_back(reason=str(error))
            return
        self._endpoint.serve(self._new)
        self._old.stop()
        self._endpoint.set_status("InService", moment=self._clock.now())

    def _blue_green(self) -> Iterator[float]:
        self._new.start()
        for stage in self._rollout.stages(counts=self._new.counts()):
            self._endpoint.traffic.split(old=self._old, new=self._new, new_share=stage.share)
            yield from self._bake(stage.bake_seconds)
        yield from self._bake(self._rollout.termination_wait_seconds)

    def _roll(self) -> Iterator[float]:
        for batch in self._rollout.batches(new=self._new.counts(), old=self._counts):
            self._new.resize(batch.new)
            self._new.start_shadows()
            self._endpoint.traffic.split(old=self._old, new=self._new, new_share=batch.share)
            yield from self._bake(self._rollout.batch_bake_seconds)
            self._old.resize(batch.old)

    def _bake(self, seconds: float) -> Iterator[float]:
        waited = 0.0
        while waited < seconds:
            step = min(WATCH_SECONDS, seconds - waited)
            yield step
            waited += step
            self._check()

    def _check(self) -> None:
        """Raise RolloutFailedError where an alarm is in ALARM state or the time is over."""
        firing = self._alarms.in_alarm(self._rollout.alarms)
        if firing:
            names = ", ".join(firing)
            raise RolloutFailedError(f"The deployment was rolled back, as these alarms are in ALARM state: {names}.")
        elapsed = (self._clock.now() - self._started).total_seconds()
        if elapsed > self._rollout.limit_seconds:
            limit = self._rollout.limit_seconds
            raise RolloutFailedError(f"The deployment was rolled back, as it took longer than {limit:g} seconds.")

    def _roll_back(self, *, reason: str) -> None:
        self._endpoint.set_status("RollingBack", moment=self._clock.now(), reason=reason)
        status = "InService"
        try:
            # A rolling update has ended some of the old instances already.
            self._old.resize(self._counts)
        except LaunchError as error:
            status, reason = "UpdateRollbackFailed", str(error)
        self._endpoint.serve(self._old)
        self._new.stop()
        self._endpoint.set_status(status, moment=self._clock.now(), reason=reason)
