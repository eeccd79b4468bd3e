"""Data capture: the records of requests and answers in S3, to the byte as SageMaker writes them.

Source: "Data capture" of Model Monitor in AWS's developer guide, and files that SageMaker wrote.
"""

import base64
import json
import logging
import random
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

_logger = logging.getLogger(__name__)
# Errors of S3's own ("Error responses" in the S3 API reference): the next try may be answered.
TRANSIENT = frozenset({"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown", "500", "503"})


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptureSettings:
    """A DataCaptureConfig. Without a list of its content type, a payload is written as base64."""

    enabled: bool
    sampling_percentage: int
    destination: str
    kms_key: str | None = None
    modes: tuple[str, ...] = ("Input", "Output")
    csv_types: tuple[str, ...] = ()
    json_types: tuple[str, ...] = ()

    @classmethod
    def read(cls, config: Document) -> "CaptureSettings":
        """Read a DataCaptureConfig, which is captured unless it says otherwise."""
        headers = config.get("CaptureContentTypeHeader", {})
        modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        return cls(
            enabled=config.get("EnableCapture", True),
            sampling_percentage=config["InitialSamplingPercentage"],
            destination=config["DestinationS3Uri"],
            kms_key=config.get("KmsKeyId"),
            modes=("Input", "Output") if "InputAndOutput" in modes else tuple(sorted(modes)),
            csv_types=tuple(kind.lower() for kind in headers.get("CsvContentTypes", ())),
            json_types=tuple(kind.lower() for kind in headers.get("JsonContentTypes", ())),
        )

    def summary(self) -> Document:
        """Return what DescribeEndpoint says of it."""
        return {
            "EnableCapture": self.enabled,
            "CaptureStatus": "Started" if self.enabled else "Stopped",
            "CurrentSamplingPercentage": self.sampling_percentage,
            "DestinationS3Uri": self.destination,
            "KmsKeyId": "" if self.kms_key is None else self.kms_key,
        }

    def encoding(self, content_type: str) -> str:
        """Return CSV, JSON or BASE64 for a payload; what follows the media type does not count."""
        kind = content_type.partition(";")[0].strip().lower()
        if kind in self.csv_types:
            return "CSV"
        return "JSON" if kind in self.json_types else "BASE64"


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """A request and its answer, as they went over the wire."""

    moment: datetime
    sent: bytes
    sent_type: str
    answered: bytes
    answered_type: str
    inference_id: str | None = None
    custom_attributes: str | None = None


def record_line(*, exchange: Exchange, settings: CaptureSettings, event_id: str) -> str:
    """Return one line of a capture file, its end included: SageMaker's order of keys, and no spaces."""
    data: Document = {}
    if "Input" in settings.modes:
        data["endpointInput"] = _side(exchange.sent, kind=exchange.sent_type, mode="INPUT", settings=settings)
    if "Output" in settings.modes:
        data["endpointOutput"] = _side(exchange.answered, kind=exchange.answered_type, mode="OUTPUT", settings=settings)
    metadata: Document = {"eventId": event_id}
    if exchange.custom_attributes is not None:
        metadata["customAttributes"] = [exchange.custom_attributes]
    if exchange.inference_id is not None:
        metadata["inferenceId"] = exchange.inference_id
    metadata["inferenceTime"] = f"{exchange.moment:%Y-%m-%dT%H:%M:%SZ}"
    record = {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def _side(payload: bytes, *, kind: str, mode: str, settings: CaptureSettings) -> Document:
    encoding = settings.encoding(kind)
    text = base64.b64encode(payload).decode() if encoding == "BASE64" else payload.decode("utf-8", errors="replace")
    return {"observedContentType": kind, "mode": mode, "data": text, "encoding": encoding}


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """Where the records of one variant go, and the role that writes them."""

    endpoint: str
    variant: str
    role_arn: str
    settings: CaptureSettings

    def file(self, *, moment: datetime) -> S3Uri:
        """Return the URI of a new file whose first record is of that moment."""
        folder = f"{self.endpoint}/{self.variant}/{moment:%Y/%m/%d/%H}"
        name = f"{moment:%M-%S}-{moment.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        return S3Uri.parse(self.settings.destination).below(f"{folder}/{name}")


class CaptureWriter:
    """Keeps records until `flush` writes them, a file an hour and variant; only ever whole records.

    `client_of` gives S3 as a role. What the role may not write is lost, as on AWS, and `on_lost` is called with the
    destination, the count and the error; what fails because S3 fails is kept for the next `flush`. The same `seed`
    chooses the same requests.
    """

    def __init__(
        self, *, client_of: Callable[[str], Any], on_lost: Callable[[Destination, int, str], None], seed: int = 0
    ) -> None:
        self._client_of = client_of
        self._on_lost = on_lost
        self._seed = seed
        self._generators: dict[str, random.Random] = {}
        self._waiting: dict[tuple[Destination, str], list[tuple[datetime, str]]] = {}
        self._lock = threading.Lock()
        self._flushing = threading.Lock()

    def add(self, *, exchange: Exchange, destination: Destination) -> None:
        """Keep a record of an exchange, if it is among those that are sampled."""
        settings = destination.settings
        if not settings.enabled:
            return
        with self._lock:
            name = f"{self._seed}/{destination.endpoint}/{destination.variant}"
            generator = self._generators.get(name)
            if generator is None:
                # Not by setdefault: to seed one that is there already takes longer than all that follows.
                generator = self._generators[name] = random.Random(name)  # noqa: S311 - sampling, not secrecy
            sampled = generator.random() * 100 < settings.sampling_percentage
        if not sampled:
            return
        line = record_line(exchange=exchange, settings=settings, event_id=str(uuid.uuid4()))
        with self._lock:
            hour = f"{exchange.moment:%Y%m%d%H}"
            self._waiting.setdefault((destination, hour), []).append((exchange.moment, line))

    def flush(self) -> None:
        """Write what is kept."""
        with self._flushing:
            with self._lock:
                waiting, self._waiting = self._waiting, {}
            for (destination, hour), records in waiting.items():
                try:
                    self._put(destination=destination, records=records)
                except (ClientError, BotoCoreError, ServiceError) as error:
                    if not _is_transient(error):
                        self._on_lost(destination, len(records), str(error))
                        continue
                    _logger.warning("records of %s are kept, as S3 does not answer: %s", destination.endpoint, error)
                    with self._lock:
                        self._waiting[destination, hour] = records + self._waiting.get((destination, hour), [])

    def _put(self, *, destination: Destination, records: Sequence[tuple[datetime, str]]) -> None:
        file = destination.file(moment=records[0][0])
        key_id = destination.settings.kms_key
        encryption = {} if key_id is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id}
        body = "".join(line for _, line in records).encode()
        client = self._client_of(destination.role_arn)
        client.put_object(Bucket=file.bucket, Key=file.key, Body=body, **encryption)


def _is_transient(error: Exception) -> bool:
    """Return whether S3 may take the same request the next time."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in TRANSIENT
    return isinstance(error, BotoCoreError)
