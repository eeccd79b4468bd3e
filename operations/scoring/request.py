"""One request to the endpoint."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from operations.aws import Aws
from operations.failures import Failure

STANDARD_INPUT = "-"
CONTENT_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonl": "application/jsonlines",
    ".npy": "application/x-npy",
}
# The largest body of a request (API reference, InvokeEndpoint).
LARGEST_BYTES = 25 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the endpoint said: the body, who said it, and in how many milliseconds as seen from here."""

    body: bytes
    content_type: str
    variant: str
    milliseconds: float


def read_body(source: str) -> bytes:
    """The content of a file, or of the standard input for `-`.

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
    """The media type that a file's name says; CSV for what has no name."""
    return CONTENT_TYPES.get(Path(source).suffix, "text/csv")


def invoke(
    *,
    aws: Aws,
    endpoint: str,
    body: bytes,
    content_type: str,
    accept: str | None = None,
    variant: str | None = None,
    connections: int = 10,
) -> Answer:
    """Send one request and wait for its answer; `connections` is how many threads do so at once."""
    wanted = {"Accept": accept, "TargetVariant": variant}
    began = time.perf_counter()
    answer = aws.client("sagemaker-runtime", connections=connections).invoke_endpoint(
        EndpointName=endpoint,
        Body=body,
        ContentType=content_type,
        **{key: value for key, value in wanted.items() if value is not None},
    )
    content = answer["Body"].read()
    return Answer(
        body=content,
        content_type=answer.get("ContentType", ""),
        variant=answer.get("InvokedProductionVariant", ""),
        milliseconds=1000 * (time.perf_counter() - began),
    )
