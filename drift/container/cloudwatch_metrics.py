"""The metrics of a run for CloudWatch: one JSON object a line."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from modelyard.drift.checking.model_monitor import feature_distance
from modelyard.drift.documents.constraints import Constraints
from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.quality.statistics import QualityStatistics


@dataclass(frozen=True, kw_only=True, slots=True)
class Emitter:
    """Whose metrics they are, and their time (ISO 8601, UTC); a batch job has no endpoint."""

    endpoint: str | None
    schedule: str | None
    time: str

    def line(self, *, name: str, value: dict[str, object]) -> str:
        """Return one metric, keys in the order of AWS's documentation."""
        named = (("Endpoint", self.endpoint), ("MonitoringSchedule", self.schedule))
        dimensions = [{"Name": key, "Value": value} for key, value in named if value is not None]
        metric = {
            "MetricName": name,
            "Timestamp": self.time,
            "Dimensions": dimensions,
            **value,
            "Unit": "Count",
        }
        return json.dumps(metric)


def metric_lines(
    *, profile: Profile, constraints: Constraints, baseline: Statistics | None, emitter: Emitter
) -> Iterator[str]:
    """Yield each feature's numbers, completeness and distance from the baseline, where metrics are enabled."""
    known = baseline.by_name() if baseline is not None else {}
    by_name = {feature.name: feature.monitoring for feature in constraints.features}
    for feature in profile.features:
        monitoring = by_name.get(feature.name, constraints.monitoring)
        if not (monitoring.emit and constraints.monitoring.emit):
            continue
        numbers = feature.numbers
        if numbers is not None and numbers.minimum <= numbers.maximum:
            values = {
                "SampleCount": feature.type_counts.present,
                "Sum": numbers.sum,
                "Minimum": numbers.minimum,
                "Maximum": numbers.maximum,
            }
            yield emitter.line(name=f"feature_data_{feature.name}", value={"StatisticValues": values})
        yield emitter.line(name=f"feature_non_null_{feature.name}", value={"Value": feature.completeness})
        counterpart = known.get(feature.name)
        if counterpart is not None and monitoring.compare:
            distance = feature_distance(feature=feature, baseline=counterpart, monitoring=monitoring)
            if distance is not None:
                yield emitter.line(name=f"feature_baseline_drift_{feature.name}", value={"Value": distance})


def quality_metric_lines(*, statistics: QualityStatistics, emitter: Emitter) -> Iterator[str]:
    """Yield every metric and `<metric>_std`; CloudWatch takes no value that is not a number."""
    for name, metric in statistics.metrics.items():
        if not math.isnan(metric.value):
            yield emitter.line(name=name, value={"Value": metric.value})
        if not math.isnan(metric.deviation):
            yield emitter.line(name=f"{name}_std", value={"Value": metric.deviation})
