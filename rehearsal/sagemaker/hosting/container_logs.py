"""What containers print, in CloudWatch Logs: a group an endpoint, a stream an instance, written as the model's role."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.store import Document

_logger = logging.getLogger(__name__)
# "The maximum number of log events in a batch is 10,000."
EVENTS_A_REQUEST = 10_000
THERE_ALREADY = "ResourceAlreadyExistsException"


@dataclass(frozen=True, kw_only=True, slots=True)
class LogStream:
    """Where lines go, and as whom."""

    endpoint: str
    stream: str
    role_arn: str

    @property
    def group(self) -> str:
        """The endpoint's log group."""
        return f"/aws/sagemaker/Endpoints/{self.endpoint}"


class ContainerLogs:
    """Keeps lines until `flush` writes them; what a role may not write is lost, and said once in our own log."""

    def __init__(self, *, client_of: Callable[[str], Any], now: Callable[[], datetime]) -> None:
        self._client_of = client_of
        self._now = now
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._waiting: dict[LogStream, list[Document]] = {}
        self._made: set[LogStream] = set()
        self._denied: set[tuple[str, str]] = set()

    def take(self, *, stream: LogStream, line: str) -> None:
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
                    self._note(stream=stream, count=len(events), error=str(error))

    def _write(self, *, stream: LogStream, events: Sequence[Document]) -> None:
        client = self._client_of(stream.role_arn)
        if stream not in self._made:
            _make(client.create_log_group, logGroupName=stream.group)
            _make(client.create_log_stream, logGroupName=stream.group, logStreamName=stream.stream)
            self._made.add(stream)
        for first in range(0, len(events), EVENTS_A_REQUEST):
            batch = list(events[first : first + EVENTS_A_REQUEST])
            client.put_log_events(logGroupName=stream.group, logStreamName=stream.stream, logEvents=batch)

    def _note(self, *, stream: LogStream, count: int, error: str) -> None:
        if (stream.endpoint, error) not in self._denied:
            self._denied.add((stream.endpoint, error))
            _logger.warning("%d lines of %s/%s are lost: %s", count, stream.group, stream.stream, error)


def _make(create: Callable[..., object], **names: str) -> None:
    try:
        create(**names)
    except ClientError as error:
        if error.response["Error"]["Code"] != THERE_ALREADY:
            raise
