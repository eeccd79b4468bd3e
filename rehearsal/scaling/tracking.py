"""Target tracking: what is scaled, the alarms that a policy makes, and the capacity that it asks for.

Source: "Target tracking scaling policies" in the Application Auto Scaling user guide, and the alarms that such
policies have in real accounts: three minutes above the target, or fifteen below nine tenths of it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.store import Document

RESOURCE_MEMBERS = ("ServiceNamespace", "ResourceId", "ScalableDimension")
NAMESPACE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
Direction = Literal["out", "in"]
DIRECTIONS: tuple[Direction, Direction] = ("out", "in")
ALARM_OF: dict[Direction, str] = {"out": "AlarmHigh", "in": "AlarmLow"}
PREDEFINED = "SageMakerVariantInvocationsPerInstance"
LOW_SHARE = 0.9
# "The default value is 300 for ... SageMaker endpoint variants."
COOLDOWN_SECONDS = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A variant of an endpoint, as Application Auto Scaling names it.

    Raises:
        ServiceError: ValidationException, the resource is not a variant's.

    """

    endpoint: str
    variant: str

    @classmethod
    def read(cls, request: Document) -> "Resource":
        """Read the three members by which every request names what it is about."""
        parts = request["ResourceId"].split("/")
        named = request["ServiceNamespace"] == NAMESPACE and request.get("ScalableDimension", DIMENSION) == DIMENSION
        if not named or len(parts) != 4 or (parts[0], parts[2]) != ("endpoint", "variant"):
            raise invalid("Unsupported service namespace, resource type or scalable dimension")
        return cls(endpoint=parts[1], variant=parts[3])

    @property
    def id(self) -> str:
        """Its ResourceId."""
        return f"endpoint/{self.endpoint}/variant/{self.variant}"

    def members(self) -> Document:
        """Return the three members that every answer about it has."""
        return {"ServiceNamespace": NAMESPACE, "ResourceId": self.id, "ScalableDimension": DIMENSION}

    def missing(self, what: str) -> ServiceError:
        """Return the answer where a target or policy of it is not there."""
        message = (
            f"No {what} found for service namespace: {NAMESPACE}, resource ID: {self.id}, "
            f"scalable dimension: {DIMENSION}"
        )
        return ServiceError(code="ObjectNotFoundException", message=message)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackedMetric:
    """The metric that is to stay near the target, or that calls steps."""

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, str]
    unit: str | None = None

    @classmethod
    def of(cls, config: Document, *, resource: Resource) -> "TrackedMetric":
        """Read the metric of a configuration.

        Raises:
            ServiceError: ValidationException, it is none that is rehearsed.

        """
        custom = config.get("CustomizedMetricSpecification")
        if custom is None:
            kind = config.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
            if kind != PREDEFINED:
                raise invalid(f"PredefinedMetricType must be {PREDEFINED} in a rehearsal, got {kind}")
            dimensions = {"EndpointName": resource.endpoint, "VariantName": resource.variant}
            return cls(namespace="AWS/SageMaker", name="InvocationsPerInstance", statistic="Sum", dimensions=dimensions)
        if "MetricName" not in custom:
            raise invalid("CustomizedMetricSpecification must name one metric: metric math is not rehearsed")
        return cls(
            namespace=custom["Namespace"],
            name=custom["MetricName"],
            statistic=custom["Statistic"],
            dimensions={dimension["Name"]: dimension["Value"] for dimension in custom.get("Dimensions", ())},
            unit=custom.get("Unit"),
        )

    @classmethod
    def of_alarm(cls, alarm: Document) -> "TrackedMetric":
        """Read the metric that an alarm looks at."""
        return cls(
            namespace=alarm["Namespace"],
            name=alarm["MetricName"],
            statistic=alarm["Statistic"],
            dimensions={dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions", ())},
            unit=alarm.get("Unit"),
        )

    def members(self) -> Document:
        """Return it as the members of a request to CloudWatch."""
        members: Document = {
            "Namespace": self.namespace,
            "MetricName": self.name,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions.items()],
        }
        return members if self.unit is None else members | {"Unit": self.unit}


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
            ServiceError: ValidationException, its metric is none that is rehearsed.

        """
        config = policy["TargetTrackingScalingPolicyConfiguration"]
        return cls(
            metric=TrackedMetric.of(config, resource=Resource.read(policy)),
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


@dataclass(kw_only=True, slots=True)
class Cooldowns:
    """When a target last scaled, by direction, and out from which base. Scaling out ends the wait before scaling in."""

    last: dict[Direction, datetime] = field(default_factory=dict)
    base: int = 0

    def allow(self, *, direction: Direction, seconds: float, now: datetime) -> bool:
        """Whether so many seconds have passed since the target last scaled that way."""
        last = self.last.get(direction)
        return last is None or now - last >= timedelta(seconds=seconds)

    def note(self, *, direction: Direction, now: datetime, base: int) -> None:
        """Begin a cooldown; `base` is the count from which a new one was reckoned."""
        self.last[direction] = now
        if direction == "out":
            self.base = base
            self.last.pop("in", None)


def selected(request: Document, documents: Sequence[Document], *, names: str = "", key: str = "") -> list[Document]:
    """Return the documents of the resource that a request names, and of the names that it lists, where it does."""
    members = {member: request[member] for member in RESOURCE_MEMBERS if member in request}
    listed = request.get(names)
    return [
        document
        for document in documents
        if members.items() <= document.items() and (not listed or document[key] in listed)
    ]
