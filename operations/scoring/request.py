"""One request to the endpoint."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure

STANDARD_INPUT = "-"
# A container takes it as if nobody had asked for anything.
ANYTHING = "*/*"
CONTENT_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/jsonlines",
    ".npy": "application/x-npy",
}
# The largest body of a request (API reference, InvokeEndpoint).
LARGEST_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is sent. Without `accept` the answer is asked for as the body was sent.

    AWS's analyzer reads no captures whose answers are encoded otherwise than their requests ("Encoding mismatch"), and
    a script's container answers in JSON when nobody asks for anything.
    """

    body: bytes
    content_type: str
    accept: str | None = None
    variant: str | None = None
    inference_id: str | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The request as the runtime's API takes it."""
        accept = self.accept if self.accept is not None else self.content_type
        wanted = {"TargetVariant": self.variant, "InferenceId": self.inference_id}
        given = {key: value for key, value in wanted.items() if value is not None}
        return {"Body": self.body, "ContentType": self.content_type, "Accept": accept, **given}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the endpoint said: the body, who said it, and in how many milliseconds as seen from here."""

    body: bytes
    content_type: str
    variant: str
    milliseconds: float


def read_body(source: str) -> bytes:
    """Return the content of a file, or of the standard input for `-`.

    Raises:
        Failure: there is no such file, it is empty, or larger than an endpoint takes.
    """
    if source == STANDARD_INPUT:
        body = sys.stdin.buffer.read()
    elif Path(source).is_file():
        body = Path(source).read_bytes()
    else:
        raise Failure(f"{source} must be a file, or - for the standard input, there is none; name one")
    if not 0 < len(body) <= LARGEST_BYTES:
        raise Failure(f"{source} must hold 1 to {LARGEST_BYTES:,} bytes, got {len(body):,}; for more: yard transform")
    return body


def content_type_of(source: str) -> str:
    """Return the media type that a file's name says; CSV for what has no name."""
    return CONTENT_TYPES.get(Path(source).suffix, "text/csv")


def invoke(*, aws: Aws, endpoint: str, request: Request, connections: int = 10) -> Answer:
    """Send one request and wait for its answer; `connections` is how many threads do so at once."""
    began = time.perf_counter()
    client = aws.client("sagemaker-runtime", connections=connections)
    answer = client.invoke_endpoint(EndpointName=endpoint, **request.arguments)
    content = answer["Body"].read()
    return Answer(
        body=content,
        content_type=answer.get("ContentType", ""),
        variant=answer.get("InvokedProductionVariant", ""),
        milliseconds=1000 * (time.perf_counter() - began),
    )
