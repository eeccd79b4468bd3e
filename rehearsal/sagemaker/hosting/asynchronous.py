"""Asynchronous inference: a request waits in its endpoint's queue, and its answer goes to S3 and to topics.

Source: "Asynchronous inference" in AWS's developer guide, InvokeEndpointAsync in the SageMaker Runtime API reference,
and notifications that AWS has sent. Believed: how many requests an instance is sent at once where nobody says, which
AWS chooses for itself, and where in a notification the answer stands.
"""

import base64
import json
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.hosting.instances import ContainerAnswer
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

_logger = logging.getLogger(__name__)
DEFAULT_CONCURRENCY = 4
# "The default is 6 hours, or 21,600 seconds", "The default is 15 minutes, or 900 seconds" (InvokeEndpointAsync).
DEFAULT_TTL_SECONDS = 21_600
DEFAULT_TIMEOUT_SECONDS = 900
# "The inference response is included only if the response size is less than or equal to 128 KB."
LARGEST_INCLUDED = 128 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class AsyncSettings:
    """An AsyncInferenceConfig, read; `document` is the config as it was given."""

    document: Document
    output: S3Uri | None = None
    failure: S3Uri | None = None
    key: str | None = None
    success_topic: str | None = None
    error_topic: str | None = None
    included: frozenset[str] = frozenset()
    concurrency: int = DEFAULT_CONCURRENCY

    @classmethod
    def read(cls, document: Document) -> "AsyncSettings":
        """Read an AsyncInferenceConfig."""
        output = document["OutputConfig"]
        topics = output.get("NotificationConfig", {})
        places = {name: output.get(name) for name in ("S3OutputPath", "S3FailurePath")}
        uris = {name: None if place is None else S3Uri.parse(place) for name, place in places.items()}
        return cls(
            document=document,
            output=uris["S3OutputPath"],
            failure=uris["S3FailurePath"],
            key=output.get("KmsKeyId"),
            success_topic=topics.get("SuccessTopic"),
            error_topic=topics.get("ErrorTopic"),
            included=frozenset(topics.get("IncludeInferenceResponseIn", ())),
            concurrency=document.get("ClientConfig", {}).get(
                "MaxConcurrentInvocationsPerInstance", DEFAULT_CONCURRENCY
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AsyncRequest:
    """A request that waits: `members` are those of InvokeEndpointAsync, `identifier` names its files."""

    endpoint: str
    settings: AsyncSettings
    received: datetime
    members: Document
    body: bytes
    identifier: str = field(default_factory=lambda: str(uuid4()))

    @property
    def inference_id(self) -> str:
        """The caller's identifier, or one that is made."""
        return str(self.members.get("InferenceId", self.identifier))

    @property
    def input(self) -> S3Uri | None:
        """Where its body lies, or None where it was sent along."""
        return S3Uri.parse(self.members["InputLocation"]) if "InputLocation" in self.members else None

    @property
    def output(self) -> S3Uri | None:
        """Where the answer is written."""
        return self._below(self.settings.output, self.members.get("Filename", f"{self.identifier}.out"))

    @property
    def failure(self) -> S3Uri | None:
        """Where the container's answer is written if it is an error."""
        return self._below(self.settings.failure, f"{self.identifier}-error.out")

    @property
    def timeout_seconds(self) -> float:
        """How long the container may take."""
        return float(self.members.get("InvocationTimeoutSeconds", DEFAULT_TIMEOUT_SECONDS))

    def expired(self, now: datetime) -> bool:
        """Return whether it has waited longer than it may."""
        return now - self.received > timedelta(seconds=self.members.get("RequestTTLSeconds", DEFAULT_TTL_SECONDS))

    def notification(
        self, *, region: str, now: datetime, answer: ContainerAnswer | None, failure: str | None = None
    ) -> Document:
        """Return what a topic is told of the end, with the answer in it where the configuration says so."""
        parameters = {"accept": "Accept", "contentType": "ContentType", "inputLocation": "InputLocation"}
        given = {name: self.members[member] for name, member in parameters.items() if member in self.members}
        told: Document = {
            "awsRegion": region,
            "eventTime": _moment(now),
            "receivedTime": _moment(self.received),
            "invocationStatus": "Completed" if failure is None else "Failed",
            **({} if failure is None else {"failureReason": failure}),
            "requestParameters": given | {"endpointName": self.endpoint},
        }
        place = self.output if failure is None else self.failure
        if answer is not None:
            located = {} if place is None else {"outputLocation": str(place)}
            told["responseParameters"] = {"contentType": answer.content_type} | located
            topic = "SUCCESS_NOTIFICATION_TOPIC" if failure is None else "ERROR_NOTIFICATION_TOPIC"
            if topic in self.settings.included and len(answer.body) <= LARGEST_INCLUDED:
                told["responseBody"] = {"content": base64.b64encode(answer.body).decode(), "encoding": "BASE64"}
        return told | {
            "inferenceId": self.inference_id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }

    def _below(self, folder: S3Uri | None, name: str) -> S3Uri | None:
        extension = str(self.members.get("S3OutputPathExtension", "")).strip("/")
        return None if folder is None else folder.below(f"{extension}/{name}" if extension else name)


def write(answer: ContainerAnswer, *, to: S3Uri, key: str | None, s3: Any) -> None:
    """Write a container's answer, with its content type; botocore's ClientError if the client may not."""
    encryption = {} if key is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    s3.put_object(Bucket=to.bucket, Key=to.key, Body=answer.body, ContentType=answer.content_type, **encryption)


def publish(notification: Document, *, topic: str, sns: Any) -> None:
    """Tell a topic of the end of a request; botocore's ClientError if the client may not."""
    sns.publish(TopicArn=topic, Message=json.dumps(notification, separators=(",", ":")))


class AsyncQueue:
    """The requests of one endpoint that wait: `work` is called with each, with as many at once as `capacity` says."""

    def __init__(self, *, clock: Clock, capacity: Callable[[], int], work: Callable[[AsyncRequest], None]) -> None:
        self._clock = clock
        self._capacity = capacity
        self._work = work
        self._lock = threading.Lock()
        self._waiting: deque[AsyncRequest] = deque()
        self._workers = 0

    def add(self, request: AsyncRequest) -> None:
        """Have a request wait for its turn."""
        with self._lock:
            self._waiting.append(request)
            if self._workers >= max(1, self._capacity()):
                return
            self._workers += 1
        self._clock.run_in_background(self._run, name=f"asynchronous inference {request.endpoint}")

    @property
    def size(self) -> int:
        """How many requests are being carried out or wait."""
        with self._lock:
            return len(self._waiting) + self._workers

    def clear(self) -> None:
        """Forget what waits."""
        with self._lock:
            self._waiting.clear()

    def _run(self) -> None:
        while (request := self._next()) is not None:
            try:
                self._work(request)
            except Exception:
                # Whatever it is, those behind it must not wait for ever.
                _logger.exception("a request to endpoint %s ended by an error of the local AWS", request.endpoint)

    def _next(self) -> AsyncRequest | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._workers -= 1
            return None


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
