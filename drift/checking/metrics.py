"""The metrics of a check: what CloudWatch is told of each feature."""

from collections.abc import Iterator

from modelyard.drift.checking.compatible import feature_distance
from modelyard.drift.documents.constraints import Constraints
from modelyard.drift.documents.metrics import Emitter
from modelyard.drift.documents.recorded import Statistics
from modelyard.drift.profiling.profile import FeatureProfile, Profile


def metric_lines(
    *, profile: Profile, constraints: Constraints, baseline: Statistics | None, emitter: Emitter
) -> Iterator[str]:
    """Yield each feature's completeness, its numbers and its distance from the baseline, where metrics are enabled."""
    known = baseline.named() if baseline is not None else {}
    wanted = {feature.name: feature for feature in constraints.features}
    for feature in profile.features:
        constraint = wanted.get(feature.name)
        monitoring = constraints.monitoring if constraint is None else constraint.monitoring
        if not (monitoring.emit and constraints.monitoring.emit):
            continue
        yield from _described(feature, emitter)
        counterpart = known.get(feature.name)
        if counterpart is not None and monitoring.compare:
            distance = feature_distance(feature=feature, baseline=counterpart, monitoring=monitoring)
            if distance is not None:
                yield emitter.line(name=f"feature_baseline_drift_{feature.name}", value={"Value": distance})


def _described(feature: FeatureProfile, emitter: Emitter) -> Iterator[str]:
    numbers = feature.numbers
    if numbers is not None and numbers.minimum <= numbers.maximum:
        values = {
            "SampleCount": feature.kinds.present,
            "Sum": numbers.sum,
            "Minimum": numbers.minimum,
            "Maximum": numbers.maximum,
        }
        yield emitter.line(name=f"feature_data_{feature.name}", value={"StatisticValues": values})
    yield emitter.line(name=f"feature_non_null_{feature.name}", value={"Value": feature.completeness})
