"""The metrics of a check for CloudWatch, feature by feature."""

from collections.abc import Iterator

from modelyard.drift.checking.model_monitor import feature_distance
from modelyard.drift.documents.cloudwatch_metrics import Emitter
from modelyard.drift.documents.constraints import Constraints
from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.profiling.profile import Profile


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
