"""What AWS keeps of an endpoint's work: captured records, CloudWatch metrics, and what its containers print.

Source: "Metrics for monitoring Amazon SageMaker AI with Amazon CloudWatch", endpoint invocation metrics, and
"CloudWatch metrics for multi-container endpoint deployments".
"""

import logging
import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting.capture import CaptureWriter, Destination
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

_logger = logging.getLogger(__name__)
NAMESPACE = "AWS/SageMaker"
# "The Values and Counts arrays can have up to 150 unique values", and PutMetricData takes 1000 metrics at once.
VALUES_A_DATUM = 150
DATA_A_REQUEST = 500
ZERO_WITHOUT_REQUESTS = ("Invocations", "InvocationsPerInstance")
CONTAINER_LATENCY = "ContainerLatency"
UNITS = dict.fromkeys((CONTAINER_LATENCY, "ModelLatency", "ModelSetupTime", "OverheadLatency"), "Microseconds")
# "The maximum number of log events in a batch is 10,000."
EVENTS_A_REQUEST = 10_000
# So that captured records are there a few seconds after a request, though the clock's minute is not over.
FLUSH_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """A minute of a metric of a variant, or of a container of its model's pipeline."""

    metric: str
    endpoint: str
    variant: str
    minute: datetime
    container: str | None = None

    @property
    def dimensions(self) -> list[Document]:
        """What CloudWatch knows it by."""
        named = {"EndpointName": self.endpoint, "VariantName": self.variant, "ContainerName": self.container}
        return [{"Name": name, "Value": value} for name, value in named.items() if value is not None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Invocation:
    """How a request went: the container's status, or None where it did not answer; times in seconds.

    `setup_seconds` is what a serverless variant's container took to start for it, which overhead has too. `latencies`
    are the seconds of each container of a pipeline.
    """

    endpoint: str
    variant: str
    moment: datetime
    instances: int
    status: int | None
    model_seconds: float
    overhead_seconds: float
    setup_seconds: float = 0.0
    latencies: Mapping[str, float] = field(default_factory=dict)

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
            "OverheadLatency": rounded((self.overhead_seconds + self.setup_seconds) * 1e6),
            **({"ModelSetupTime": rounded(self.setup_seconds * 1e6)} if self.setup_seconds > 0 else {}),
        }


def rounded(value: float) -> float:
    """Round to three digits, so that a minute's latencies are a few hundred values and not as many as requests."""
    if value <= 0:
        return 0.0
    return float(round(value, 2 - math.floor(math.log10(value))))


class InvocationMetrics:
    """Gathers the metrics of requests until `flush` puts them into CloudWatch, at the minutes they belong to."""

    def __init__(self, *, cloudwatch: Callable[[], Any]) -> None:
        self._cloudwatch = cloudwatch
        self._lock = threading.Lock()
        self._gathered: dict[Series, Counter[float]] = {}
        self._last_minute: dict[tuple[str, str], datetime] = {}

    def add(self, invocation: Invocation) -> None:
        """Count a request."""
        minute = invocation.moment.replace(second=0, microsecond=0)
        with self._lock:
            self._last_minute[invocation.endpoint, invocation.variant] = minute
            for metric, value in invocation.metrics().items():
                series = Series(metric=metric, endpoint=invocation.endpoint, variant=invocation.variant, minute=minute)
                self._gathered.setdefault(series, Counter())[value] += 1
            for container, seconds in invocation.latencies.items():
                series = Series(
                    metric=CONTAINER_LATENCY,
                    endpoint=invocation.endpoint,
                    variant=invocation.variant,
                    minute=minute,
                    container=container,
                )
                self._gathered.setdefault(series, Counter())[rounded(seconds * 1e6)] += 1

    def fill(self, *, endpoint: str, variant: str, minute: datetime) -> None:
        """Count nothing for a minute without requests: "SageMaker AI emits metrics with a value of zero"."""
        with self._lock:
            last = self._last_minute.get((endpoint, variant))
            if last is not None and last >= minute:
                return
            for metric in ZERO_WITHOUT_REQUESTS:
                series = Series(metric=metric, endpoint=endpoint, variant=variant, minute=minute)
                self._gathered[series] = Counter({0.0: 1})

    def flush(self) -> None:
        """Put what is gathered."""
        with self._lock:
            gathered, self._gathered = self._gathered, {}
        data = (datum for series, counts in gathered.items() for datum in _data(series, counts))
        try:
            while chunk := list(islice(data, DATA_A_REQUEST)):
                self._cloudwatch().put_metric_data(Namespace=NAMESPACE, MetricData=chunk)
        except BotoCoreError as error:
            _logger.warning("metrics of endpoints are lost, as CloudWatch does not answer: %s", error)


def _data(series: Series, counts: Counter[float]) -> Iterator[Document]:
    pairs = iter(counts.items())
    while chunk := list(islice(pairs, VALUES_A_DATUM)):
        yield {
            "MetricName": series.metric,
            "Dimensions": series.dimensions,
            "Timestamp": series.minute,
            "Values": [value for value, _ in chunk],
            "Counts": [float(count) for _, count in chunk],
            "Unit": UNITS.get(series.metric, "None"),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class LogStream:
    """A stream of an endpoint's log group, and the role that writes to it."""

    endpoint: str
    stream: str
    role_arn: str

    @property
    def group(self) -> str:
        """The endpoint's log group."""
        return f"/aws/sagemaker/Endpoints/{self.endpoint}"


class ContainerLogs:
    """Keeps lines until `flush` writes them; what a role may not write is lost, and our own log says so once."""

    def __init__(self, *, client_of: Callable[[str], Any], now: Callable[[], datetime]) -> None:
        self._client_of = client_of
        self._now = now
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._waiting: dict[LogStream, list[Document]] = {}
        self._created: set[LogStream] = set()
        self._reported: set[tuple[str, str]] = set()

    def add(self, *, stream: LogStream, line: str) -> None:
        """Keep a line; CloudWatch takes none that is empty."""
        if not line.strip():
            return
        with self._lock:
            event = {"timestamp": int(self._now().timestamp() * 1000), "message": line}
            self._waiting.setdefault(stream, []).append(event)

    def flush(self) -> None:
        """Write what is kept."""
        with self._flushing:
            with self._lock:
                waiting, self._waiting = self._waiting, {}
            for stream, events in waiting.items():
                try:
                    self._write(stream=stream, events=events)
                except (ClientError, BotoCoreError, ServiceError) as error:
                    if (stream.endpoint, str(error)) not in self._reported:
                        self._reported.add((stream.endpoint, str(error)))
                        count = len(events)
                        _logger.warning("%d lines of %s/%s are lost: %s", count, stream.group, stream.stream, error)

    def _write(self, *, stream: LogStream, events: Sequence[Document]) -> None:
        client = self._client_of(stream.role_arn)
        if stream not in self._created:
            group = {"logGroupName": stream.group}
            for create, names in (
                (client.create_log_group, group),
                (client.create_log_stream, group | {"logStreamName": stream.stream}),
            ):
                try:
                    create(**names)
                except ClientError as error:
                    if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                        raise
            self._created.add(stream)
        for first in range(0, len(events), EVENTS_A_REQUEST):
            batch = list(events[first : first + EVENTS_A_REQUEST])
            client.put_log_events(logGroupName=stream.group, logStreamName=stream.stream, logEvents=batch)


@dataclass(frozen=True, kw_only=True, slots=True)
class Telemetry:
    """Captures, metrics and logs, shared by all endpoints."""

    capture: CaptureWriter
    metrics: InvocationMetrics
    logs: ContainerLogs

    @classmethod
    def of(cls, *, platform: Platform, seed: int) -> "Telemetry":
        """Make them for a platform, each writing as the role whose work it is."""
        logs = ContainerLogs(
            client_of=lambda role: platform.role_client(role_arn=role, service="logs"), now=platform.clock.now
        )

        def log_lost(destination: Destination, count: int, error: str) -> None:
            stream = LogStream(
                endpoint=destination.endpoint,
                stream=f"{destination.variant}/data-capture",
                role_arn=destination.role_arn,
            )
            logs.add(stream=stream, line=f"{count} captured records are lost: {error}")

        capture = CaptureWriter(
            client_of=lambda role: platform.role_client(role_arn=role, service="s3"), on_lost=log_lost, seed=seed
        )
        return cls(
            capture=capture,
            metrics=InvocationMetrics(cloudwatch=lambda: platform.own_client("cloudwatch")),
            logs=logs,
        )

    def flush(self) -> None:
        """Write everything that waits."""
        self.capture.flush()
        self.metrics.flush()
        self.logs.flush()


class Flusher:
    """Writes captures and logs every few real seconds; metrics go out by the clock's minute alone."""

    def __init__(self, *, telemetry: Telemetry, seconds: float = FLUSH_SECONDS) -> None:
        self._telemetry = telemetry
        self._seconds = seconds
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._flush_regularly, name="flusher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, once more, and end."""
        self._closing.set()
        self._thread.join()
        self._telemetry.flush()

    def _flush_regularly(self) -> None:
        while not self._closing.wait(self._seconds):
            self._telemetry.capture.flush()
            self._telemetry.logs.flush()
