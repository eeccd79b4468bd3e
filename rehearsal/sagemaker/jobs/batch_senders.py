"""What a job sends to CloudWatch while it runs: lines and metrics, sent in batches with its role's credentials.

A role that may not write them loses them and nothing else, as on AWS: the job goes on.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.sagemaker.jobs.failures import error_text

_logger = logging.getLogger(__name__)
EVERY_SECONDS = 0.5
# "The maximum number of log events in a batch is 10,000", "maximum batch size 1,048,576 bytes" (PutLogEvents).
MOST_EVENTS = 1000
LONGEST_EVENT = 8192
# CloudWatch keeps more; here all logs lie in the memory of one process, and a script may print without end.
MOST_BYTES = 4 * 1024**2
# "Each request is limited to 1000 different metrics" (PutMetricData).
MOST_METRICS = 500


class BatchSender:
    """Items that are sent in batches, in order, until a batch is refused; then `lost` says why.

    A batch is sent when it is large, or half a second after its first item.
    """

    def __init__(self, *, send: Callable[[list[Any]], None], most: int) -> None:
        self._send = send
        self._most = most
        self._held: list[Any] = []
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self.lost: str | None = None

    def put(self, item: Any) -> None:
        """Take an item, and send what is held if that is much."""
        with self._lock:
            self._held.append(item)
            if len(self._held) >= self._most:
                self._flush()
            elif self._timer is None:
                self._timer = threading.Timer(EVERY_SECONDS, self.close)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """Send what is held."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        held, self._held = self._held, []
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not held or self.lost is not None:
            return
        try:
            self._send(held)
        except (ClientError, BotoCoreError) as error:
            self.lost = error_text(error)
            _logger.warning("the rest of a job's lines or metrics is lost: %s", self.lost)


@dataclass(frozen=True, kw_only=True, slots=True)
class LogStream:
    """A stream of CloudWatch Logs, made when the first lines are written."""

    client: Any
    group: str
    stream: str

    def send(self, events: list[Any]) -> None:
        """Write events of a timestamp and a message."""
        try:
            self._write(events)
        except self.client.exceptions.ResourceNotFoundException:
            self._make()
            self._write(events)

    def _write(self, events: list[Any]) -> None:
        self.client.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=events)

    def _make(self) -> None:
        try:
            self.client.create_log_group(logGroupName=self.group)
        except self.client.exceptions.ResourceAlreadyExistsException:
            _logger.debug("%s is there already", self.group)
        self.client.create_log_stream(logGroupName=self.group, logStreamName=self.stream)


class JobLog:
    """The lines of a job's host, in `/aws/sagemaker/<kind>s`, as the console shows them."""

    def __init__(self, *, stream: LogStream, now: Callable[[], datetime]) -> None:
        self._sender = BatchSender(send=stream.send, most=MOST_EVENTS)
        self._now = now
        self._left = MOST_BYTES

    def write(self, line: str) -> None:
        """Take a line; an empty one becomes a blank, which CloudWatch asks for."""
        if self._left <= 0:
            return
        message = line[:LONGEST_EVENT] if line else " "
        self._left -= len(message)
        self._put(message)
        if self._left <= 0:
            self._put(f"the rest of this log is left out here: it is longer than {MOST_BYTES} characters")

    def close(self) -> None:
        """Send what is held."""
        self._sender.close()

    def _put(self, message: str) -> None:
        self._sender.put({"timestamp": int(self._now().timestamp() * 1000), "message": message})


class JobMetrics:
    """A job's metrics in CloudWatch."""

    def __init__(self, *, client: Any, namespace: str) -> None:
        self._sender = BatchSender(send=self._send, most=MOST_METRICS)
        self._client = client
        self._namespace = namespace

    def put(self, datum: dict[str, Any]) -> None:
        """Take a metric, as PutMetricData does."""
        self._sender.put(datum)

    def close(self) -> None:
        """Send what is held."""
        self._sender.close()

    def _send(self, data: list[Any]) -> None:
        self._client.put_metric_data(Namespace=self._namespace, MetricData=data)
