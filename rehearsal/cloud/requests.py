"""An HTTP request as the gate sees it, its body, read within a limit, and why it may be refused."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, quote

from modelyard.rehearsal.cloud.ministack import app

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Answer = tuple[int, Mapping[str, str], bytes]
# Below it lies what no AWS has. No bucket's name begins with an underscore.
ADMINISTRATION = "/_rehearsal/"
# By it clients of MLflow name the app that they ask.
APP_HEADER = "x-sm-mlflow-app-arn"
BUCKET_HOST = re.compile(r"([a-z0-9][a-z0-9-]+[a-z0-9])(?:\.s3(?:\.[a-z0-9-]+)?)?\.localhost(?::\d+)?")


class Refusal(Exception):
    """Why a request is not carried out; `answer` is what AWS's own service would say, where that is known."""

    def __init__(self, *, code: str, message: str, status: int = 403, answer: Answer | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.answer = answer


class Unauthenticated(Refusal):
    """A refusal because of a request's credentials, which each service words in its own way."""


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
    secure: bool = False

    @classmethod
    def read(cls, scope: Scope) -> Self:
        """Return the request of an ASGI scope."""
        headers: dict[str, str] = {}
        counts: dict[str, int] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), app.decode_header_value(raw_value)
            headers[name] = f"{headers[name]},{value}" if name in headers else value
            counts[name] = counts.get(name, 0) + 1
        return cls(
            method=scope["method"],
            path=scope["path"],
            raw_path=(scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1"),
            headers=headers,
            counts=counts,
            query=parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            secure=scope.get("scheme") == "https",
        )

    @property
    def rest_api(self) -> tuple[str, str, str] | None:
        """The REST API that is called, its stage, and the path below that, or None."""
        return app.rest_api_of(host=self.headers.get("host", ""), path=self.path)

    @property
    def bucket_of_host(self) -> str | None:
        """The bucket that the host names, as S3's virtual hosts do, or None."""
        host = BUCKET_HOST.fullmatch(self.headers.get("host", "").lower())
        return host[1] if host is not None and app.may_name_bucket(host[1]) else None

    @property
    def bucket(self) -> str:
        """The bucket that an S3 request names, in its host or its path."""
        return self.bucket_of_host or self.path.removeprefix("/").partition("/")[0]

    def service(self, body: bytes = b"") -> str:
        """Return which service MiniStack would have answer, which it reads in a form's body too."""
        # MiniStack would read AWS's models of all services, for seconds, to find that it is none of theirs.
        if self.path.startswith(ADMINISTRATION):
            return ADMINISTRATION.strip("/_")
        return app.service_of(method=self.method, path=self.path, headers=self.headers, query=self.query, body=body)

    def action(self, body: bytes = b"") -> str:
        """Return what is asked for, by the name that IAM has for it: `sagemaker:CreateModel`."""
        service = self.service(body)
        if self.path.startswith(ADMINISTRATION):
            return f"{service}:{self.path.removeprefix(ADMINISTRATION)}"
        # MiniStack does not know SageMaker's operations, whose names are in the path or in a header.
        if service == "sagemaker" and self.path.startswith("/endpoints/"):
            is_async = self.path.endswith("/async-invocations")
            return "sagemaker:InvokeEndpointAsync" if is_async else "sagemaker:InvokeEndpoint"
        if APP_HEADER in self.headers and service == "sagemaker":
            return "sagemaker:CallMlflowAppApi"
        known = app.extract_iam_action(service, self.method, self.path, dict(self.headers), body, dict(self.query))
        return str(known) if known else f"{service}:{self.headers.get('x-amz-target', '').rpartition('.')[2]}"


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
            raise too_large(limit)
        chunks, size, digest = [], 0, hashlib.sha256()
        while (chunk := await self._chunk()) is not None:
            size += len(chunk)
            if size > limit:
                raise too_large(limit)
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


def replay(body: bytes, *, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read already once more."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Any:
        return waiting.pop() if waiting else await receive()

    return receive_again


def too_large(limit: int) -> Refusal:
    """Return the refusal of a body of more bytes than a limit."""
    message = f"Your proposed upload exceeds the maximum allowed size: the body must have at most {limit} bytes"
    return Refusal(code="EntityTooLarge", message=message, status=413)


def json_object(body: bytes) -> dict[str, Any]:
    """Return the object that a body in JSON holds; nothing at all is an empty one.

    Raises:
        ValueError: it is not JSON, nested too deeply, or holds something else than an object.

    """

    def refuse_constant(name: str) -> None:
        raise ValueError(f"{name} is not a number in JSON")

    try:
        value = json.loads(body or b"{}", parse_constant=refuse_constant)
    except RecursionError as error:
        raise ValueError("the body must be an object in JSON, got one that is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"the body must be an object in JSON, got what is none: {error}") from error
    if isinstance(value, dict):
        return value
    raise ValueError(f"the body must be an object in JSON, such as {{}}, got {type(value).__name__}")
