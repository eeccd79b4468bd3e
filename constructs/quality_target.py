"""What a check of model quality is about."""

from dataclasses import dataclass

from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.quality import Quality


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityTarget:
    """The endpoint whose answers are compared with the ground truth, and how.

    Attributes:
        monitoring: What the manifest declares of monitoring: engine, instance, schedule.
        quality: What it declares of model quality.
        layout: Where the model's data lie.
        endpoint: The endpoint's name.
        schedule: The name of the schedule that measures.
        variants: The names of the endpoint's variants.
    """

    monitoring: Monitoring
    quality: Quality
    layout: DataLayout
    endpoint: str
    schedule: str
    variants: tuple[str, ...]

    @property
    def is_managed(self) -> bool:
        """Whether AWS's Model Monitor measures, and not the analyzer of this repository."""
        return self.monitoring.engine == "model-monitor"
