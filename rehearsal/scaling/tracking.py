"""Target tracking: the alarms that a policy makes, and the capacity that it asks for.

Source: "Target tracking scaling policies" in the Application Auto Scaling user guide, and the alarms that such
policies have in real accounts: three minutes above the target, or fifteen below nine tenths of it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.scaling.targets import Resource

Direction = Literal["out", "in"]
DIRECTIONS: tuple[Direction, Direction] = ("out", "in")
ALARM_OF: dict[Direction, str] = {"out": "AlarmHigh", "in": "AlarmLow"}
PREDEFINED = "SageMakerVariantInvocationsPerInstance"
LOW_SHARE = 0.9
# "The default value is 300 for ... SageMaker endpoint variants."
COOLDOWN_SECONDS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackedMetric:
    """The metric that is to stay near the target."""

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, str]
    unit: str | None = None

    def members(self) -> Document:
        """Return it as the members of a request to CloudWatch."""
        found: Document = {
            "Namespace": self.namespace,
            "MetricName": self.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions.items()],
        }
        return found if self.unit is None else found | {"Unit": self.unit}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracking:
    """A TargetTrackingScalingPolicyConfiguration, read."""

    metric: TrackedMetric
    target: float
    out_cooldown_seconds: float = COOLDOWN_SECONDS
    in_cooldown_seconds: float = COOLDOWN_SECONDS
    scale_in: bool = True

    @classmethod
    def of(cls, policy: Document) -> "Tracking":
        """Read the configuration of a policy.

        Raises:
            ServiceError: ValidationException, it names a metric that is not rehearsed.

        """
        config = policy["TargetTrackingScalingPolicyConfiguration"]
        return cls(
            metric=_metric(config, resource=Resource.read(policy)),
            target=config["TargetValue"],
            out_cooldown_seconds=config.get("ScaleOutCooldown", COOLDOWN_SECONDS),
            in_cooldown_seconds=config.get("ScaleInCooldown", COOLDOWN_SECONDS),
            scale_in=not config.get("DisableScaleIn", False),
        )

    def desired(self, *, current: int, value: float) -> int:
        """Return the capacity that brings the metric to its target, were the load spread over it."""
        return math.ceil(current * value / self.target)

    def alarm(self, *, direction: Direction) -> Document:
        """Return the members of PutMetricAlarm that tell when to scale out or in."""
        out = direction == "out"
        return self.metric.members() | {
            "Statistic": self.metric.statistic,
            "Period": 60,
            "EvaluationPeriods": 3 if out else 15,
            "Threshold": self.target if out else self.target * LOW_SHARE,
            "ComparisonOperator": "GreaterThanThreshold" if out else "LessThanThreshold",
        }


def _metric(config: Document, *, resource: Resource) -> TrackedMetric:
    custom = config.get("CustomizedMetricSpecification")
    if custom is not None:
        return _custom_metric(custom)
    kind = config.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
    if kind != PREDEFINED:
        raise invalid(f"PredefinedMetricType must be {PREDEFINED} in a rehearsal, got {kind}")
    return TrackedMetric(
        namespace="AWS/SageMaker",
        name="InvocationsPerInstance",
        statistic="Sum",
        dimensions={"EndpointName": resource.endpoint, "VariantName": resource.variant},
    )


def _custom_metric(custom: Document) -> TrackedMetric:
    if "MetricName" not in custom:
        raise invalid("CustomizedMetricSpecification must name one metric: metric math is not rehearsed")
    return TrackedMetric(
        namespace=custom["Namespace"],
        name=custom["MetricName"],
        statistic=custom["Statistic"],
        dimensions={dimension["Name"]: dimension["Value"] for dimension in custom.get("Dimensions", ())},
        unit=custom.get("Unit"),
    )


@dataclass(kw_only=True, slots=True)
class Cooldowns:
    """When a target last scaled, by direction. Scaling out ends the wait before scaling in."""

    last: dict[Direction, datetime] = field(default_factory=dict)

    def allow(self, *, direction: Direction, seconds: float, now: datetime) -> bool:
        """Tell whether so many seconds have passed since the target last scaled that way."""
        last = self.last.get(direction)
        return last is None or now - last >= timedelta(seconds=seconds)

    def note(self, *, direction: Direction, now: datetime) -> None:
        """Begin a cooldown."""
        self.last[direction] = now
        if direction == "out":
            self.last.pop("in", None)
