"""An HTTP request as the gate sees it, and its body, read within a limit."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, quote

from ministack import app as ministack
from ministack.core import router
from ministack.core.sigv4 import decode_header_value

from modelyard.rehearsal.cloud.refusals import Refusal

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
BUCKET_HOST = re.compile(r"([a-z0-9][a-z0-9-]+[a-z0-9])(?:\.s3(?:\.[a-z0-9-]+)?)?\.localhost(?::\d+)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """What followed a request's headers, with its SHA-256 in hexadecimal digits."""

    content: bytes
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request without its body; names of headers are in lower case, and lines of one name joined by a comma."""

    method: str
    path: str
    raw_path: str
    headers: Mapping[str, str]
    counts: Mapping[str, int]
    query: Mapping[str, list[str]]

    @classmethod
    def read(cls, scope: Scope) -> Self:
        """Return the request of an ASGI scope."""
        headers: dict[str, str] = {}
        counts: dict[str, int] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), decode_header_value(raw_value)
            headers[name] = f"{headers[name]},{value}" if name in headers else value
            counts[name] = counts.get(name, 0) + 1
        return cls(
            method=scope["method"],
            path=scope["path"],
            raw_path=(scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1"),
            headers=headers,
            counts=counts,
            query=parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True),
        )

    @property
    def rest_api(self) -> tuple[str, str, str] | None:
        """The REST API that is called, its stage, and the path below that, or None."""
        called: tuple[str, str, str] | None = ministack._parse_execute_api_url(self.headers.get("host", ""), self.path)
        return called

    @property
    def bucket_of_host(self) -> str | None:
        """The bucket that the host names, as S3's virtual hosts do, or None."""
        named = BUCKET_HOST.fullmatch(self.headers.get("host", "").lower())
        return None if named is None or named[1] in ministack._NON_S3_VHOST_NAMES else named[1]

    @property
    def bucket(self) -> str:
        """The bucket that an S3 request names, in its host or its path."""
        return self.bucket_of_host or self.path.removeprefix("/").partition("/")[0]

    def service(self, body: bytes = b"") -> str:
        """Return which service MiniStack would have answer, which it reads in a form's body too."""
        headers = dict(self.headers)
        parameters = ministack._routing_params(self.method, self.path, headers, body, dict(self.query))
        return str(router.detect_service(self.method, self.path, headers, parameters))


class Incoming:
    """The body of a request, as it arrives."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._more = True
        self._cut = False

    async def read(self, *, request: Request, limit: int) -> Body:
        """Return all of it.

        Raises:
            Refusal: it has more than `limit` bytes, of which no more are read, or the connection ended.

        """
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > limit:
            raise _too_large(limit)
        chunks, size, digest = [], 0, hashlib.sha256()
        while (chunk := await self._chunk()) is not None:
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            digest.update(chunk)
            chunks.append(chunk)
        if self._cut:
            raise Refusal(code="IncompleteBody", message="the connection ended before the body did", status=400)
        return Body(content=b"".join(chunks), digest=digest.hexdigest())

    async def drop(self, *, limit: int) -> None:
        """Read what still comes, up to a limit of bytes: a client that is cut off while it sends reads no answer."""
        size = 0
        while size <= limit and (chunk := await self._chunk()) is not None:
            size += len(chunk)

    async def _chunk(self) -> bytes | None:
        if not self._more:
            return None
        message = await self._receive()
        self._cut = message["type"] == "http.disconnect"
        self._more = message.get("more_body", False)
        return bytes(message.get("body", b""))


def replayed(body: bytes, *, receive: Receive) -> Receive:
    """Return what gives a body that was read already once more."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Any:
        return waiting.pop() if waiting else await receive()

    return received


def _too_large(limit: int) -> Refusal:
    message = f"Your proposed upload exceeds the maximum allowed size: the body must have at most {limit} bytes"
    return Refusal(code="EntityTooLarge", message=message, status=413)
