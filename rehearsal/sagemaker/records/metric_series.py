"""The values of trial components' metrics over time, and their summary."""

import statistics
from dataclasses import dataclass
from datetime import UTC, datetime

from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.lineage import COMPONENT, Lineage
from modelyard.rehearsal.sagemaker.store import Document, Store

KIND = "TrialComponentMetrics"
SUMMARIES = ("Min", "Max", "Avg", "StdDev", "Last", "Count")


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricSeries:
    """All values of all components' metrics, in the order in which they came."""

    store: Store

    def put(self, *, component: str, name: str, value: float, moment: datetime) -> None:
        """Keep one value of a metric."""
        with self.store.lock:
            self._of(component).setdefault(name, []).append((moment, value))

    def replace(self, *, component: str, name: str, points: list[tuple[datetime, float]]) -> None:
        """Have a metric hold these values and no others."""
        with self.store.lock:
            self._of(component)[name] = list(points)

    def described(self, document: Document) -> Document:
        """Return a trial component's document with a summary of each of its metrics."""
        source = document.get("Source", {}).get("SourceArn", document["TrialComponentArn"])
        series = self._of(document["TrialComponentName"])
        metrics = [_summary(name=name, points=points, source=source) for name, points in series.items() if points]
        return {**document, "Metrics": metrics}

    def forget(self, component: str) -> None:
        """Drop all values of a component."""
        with self.store.lock:
            if self.store.table(KIND).find(component) is not None:
                self.store.table(KIND).remove(component)

    def _of(self, component: str) -> Document:
        with self.store.lock:
            found = self.store.table(KIND).find(component)
            if found is None:
                found = {}
                self.store.table(KIND).add(component, found)
            return found


class ComponentMetrics:
    """The one operation of SageMaker's metrics service (BatchPutMetrics in its API reference)."""

    def __init__(self, *, platform: Platform) -> None:
        self._lineage = Lineage(platform=platform)
        self._series = MetricSeries(store=platform.store)

    @operation
    def batch_put_metrics(self, request: Document) -> Document:
        """Keep values of a component's metrics.

        Raises:
            ServiceError: ResourceNotFound, there is no such component.

        """
        component = self._lineage.find(COMPONENT, request["TrialComponentName"])["TrialComponentName"]
        for point in request["MetricData"]:
            moment = point["Timestamp"]
            if not isinstance(moment, datetime):
                # Clients of this service may send seconds since 1970, even as text.
                moment = datetime.fromtimestamp(float(moment), UTC)
            self._series.put(component=component, name=point["MetricName"], value=float(point["Value"]), moment=moment)
        return {"Errors": []}


def _summary(*, name: str, points: list[tuple[datetime, float]], source: str) -> Document:
    """Return what DescribeTrialComponent says of one metric; the deviation is that of the population."""
    moments, values = [moment for moment, _ in points], [value for _, value in points]
    return {
        "MetricName": name,
        "SourceArn": source,
        "TimeStamp": max(moments),
        "Max": max(values),
        "Min": min(values),
        "Last": values[-1],
        "Count": len(values),
        "Avg": statistics.fmean(values),
        "StdDev": statistics.pstdev(values),
    }
