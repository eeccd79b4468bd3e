"""The lines of model quality that CloudWatch reads: each metric, and its standard deviation beside it."""

import math
from collections.abc import Iterator

from modelyard.drift.documents.cloudwatch_metrics import Emitter
from modelyard.drift.quality.statistics import QualityStatistics


def quality_metric_lines(*, statistics: QualityStatistics, emitter: Emitter) -> Iterator[str]:
    """Yield every metric and `<metric>_std`; CloudWatch takes no value that is not a number."""
    for name, metric in statistics.metrics.items():
        if not math.isnan(metric.value):
            yield emitter.line(name=name, value={"Value": metric.value})
        if not math.isnan(metric.deviation):
            yield emitter.line(name=f"{name}_std", value={"Value": metric.deviation})
