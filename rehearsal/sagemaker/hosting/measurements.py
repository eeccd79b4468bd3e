"""The metrics of endpoints in CloudWatch, gathered by the minute.

Source: "Metrics for monitoring Amazon SageMaker AI with Amazon CloudWatch", endpoint invocation metrics.
"""

import logging
import math
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError

from modelyard.rehearsal.sagemaker.store import Document

_logger = logging.getLogger(__name__)
NAMESPACE = "AWS/SageMaker"
# "The Values and Counts arrays can have up to 150 unique values", and PutMetricData takes 1000 metrics at once.
VALUES_A_DATUM = 150
DATA_A_REQUEST = 500
ZERO_WITHOUT_REQUESTS = ("Invocations", "InvocationsPerInstance")
UNITS = {"ModelLatency": "Microseconds", "OverheadLatency": "Microseconds"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Invocation:
    """How a request went: the container's status, or None where it did not answer; times in seconds."""

    endpoint: str
    variant: str
    moment: datetime
    instances: int
    status: int | None
    model_seconds: float
    overhead_seconds: float

    def metrics(self) -> Mapping[str, float]:
        """Return the values that this request adds, by metric."""
        status = 0 if self.status is None else self.status
        return {
            "Invocations": 1.0,
            "InvocationsPerInstance": 1.0 / max(1, self.instances),
            "Invocation4XXErrors": float(400 <= status < 500),
            "Invocation5XXErrors": float(status >= 500 or self.status is None),
            "InvocationModelErrors": float(not 200 <= status < 300),
            "ModelLatency": rounded(self.model_seconds * 1e6),
            "OverheadLatency": rounded(self.overhead_seconds * 1e6),
        }


def rounded(value: float) -> float:
    """Round to three digits, so that a minute's latencies are a few hundred values and not as many as requests."""
    if value <= 0:
        return 0.0
    return float(round(value, 2 - math.floor(math.log10(value))))


class Measurements:
    """Gathers the metrics of requests until `flush` puts them into CloudWatch, at the minutes they belong to."""

    def __init__(self, *, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        self._lock = threading.Lock()
        self._gathered: dict[tuple[str, str, str, datetime], Counter[float]] = {}
        self._last_minute: dict[tuple[str, str], datetime] = {}

    def take(self, invocation: Invocation) -> None:
        """Count a request."""
        minute = invocation.moment.replace(second=0, microsecond=0)
        with self._lock:
            self._last_minute[invocation.endpoint, invocation.variant] = minute
            for metric, value in invocation.metrics().items():
                key = (metric, invocation.endpoint, invocation.variant, minute)
                self._gathered.setdefault(key, Counter())[value] += 1

    def fill(self, *, endpoint: str, variant: str, minute: datetime) -> None:
        """Count nothing for a minute without requests: "SageMaker AI emits metrics with a value of zero"."""
        with self._lock:
            last = self._last_minute.get((endpoint, variant))
            if last is not None and last >= minute:
                return
            for metric in ZERO_WITHOUT_REQUESTS:
                self._gathered[metric, endpoint, variant, minute] = Counter({0.0: 1})

    def flush(self) -> None:
        """Put what is gathered."""
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        data = (datum for key, counts in gathered.items() for datum in _data(key, counts))
        try:
            while chunk := list(islice(data, DATA_A_REQUEST)):
                self._cloudwatch().put_metric_data(Namespace=NAMESPACE, MetricData=chunk)
        except BotoCoreError as error:
            _logger.warning("metrics of endpoints are lost, as CloudWatch does not answer: %s", error)


def _data(key: tuple[str, str, str, datetime], counts: Counter[float]) -> Iterator[Document]:
    metric, endpoint, variant, minute = key
    pairs = iter(counts.items())
    while chunk := list(islice(pairs, VALUES_A_DATUM)):
        yield {
            "MetricName": metric,
            "Dimensions": [
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": variant},
            ],
            "Timestamp": minute,
            "Values": [value for value, _ in chunk],
            "Counts": [float(count) for _, count in chunk],
            "Unit": UNITS.get(metric, "None"),
        }
