"""What a monitor checks."""

from dataclasses import dataclass
from typing import Self

from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.quality import Quality


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorTarget:
    """The endpoint whose traffic is checked, and how.

    Attributes:
        monitoring: What the manifest declares of monitoring: engine, instance, schedule.
        layout: Where the model's data lie.
        endpoint: The endpoint's name.
        schedule: The name of the schedule that checks.
        variants: The names of the endpoint's variants.
    """

    monitoring: Monitoring
    layout: DataLayout
    endpoint: str
    schedule: str
    variants: tuple[str, ...]

    @property
    def is_managed(self) -> bool:
        """Whether AWS's Model Monitor checks, and not the analyzer of this repository."""
        return self.monitoring.engine == "model-monitor"


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityTarget(MonitorTarget):
    """The endpoint whose answers are compared with the ground truth, and what the manifest says of that."""

    quality: Quality

    @classmethod
    def of(cls, target: MonitorTarget, *, quality: Quality, schedule: str) -> Self:
        """Return the target of a second monitor of the same endpoint, which has a schedule of its own."""
        return cls(
            monitoring=target.monitoring,
            layout=target.layout,
            endpoint=target.endpoint,
            schedule=schedule,
            variants=target.variants,
            quality=quality,
        )
