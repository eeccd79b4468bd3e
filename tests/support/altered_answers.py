"""Answers that reach `yard` otherwise than the local AWS sent them: altered before the SDK reads their bytes."""

import json
import re
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.httpsession import URLLib3Session

YARD = "modelyard-yard"
# Whose bodies the SDK hands on unread.
STREAMS = ("GET object", "InvokeEndpoint")


@dataclass(kw_only=True)
class Reply:
    """An answer on its way; a plant changes it in place."""

    status: int
    headers: dict[str, str]
    body: bytes
    asked: str

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @document.setter
    def document(self, document: Any) -> None:
        self.body = json.dumps(document).encode()

    @property
    def text(self) -> str:
        return self.body.decode()

    @text.setter
    def text(self, text: str) -> None:
        self.body = text.encode()


@dataclass(kw_only=True)
class Plant:
    """One way in which an AWS differs. `alter` says whether the reply was one to change, and changes it.

    The difference that it must make is known by its resource and by what its property begins with.
    """

    name: str
    operation: str
    alter: Callable[[Reply], bool]
    resource: str
    property: str
    times: int = 10_000
    altered: int = field(default=0, init=False)

    def apply(self, reply: Reply) -> None:
        if self.altered < self.times and self.alter(reply):
            self.altered += 1


@contextmanager
def altered(plants: list[Plant]) -> Iterator[None]:
    """Alter what `yard`'s own clients are answered, for the time of the `with`."""
    send = URLLib3Session.send

    def altering(session: Any, request: Any) -> Any:
        response = send(session, request)
        agent = request.headers.get("User-Agent", "")
        agent = agent.decode() if isinstance(agent, bytes) else agent
        chosen = [plant for plant in plants if plant.operation == operation_of(request)] if YARD in agent else []
        if chosen:
            body = request.body if isinstance(request.body, bytes | str) else b""
            asked = body if isinstance(body, str) else body.decode(errors="replace")
            is_stream = chosen[0].operation in STREAMS
            content = b"" if is_stream else response.content
            reply = Reply(status=response.status_code, headers=dict(response.headers), body=content, asked=asked)
            for plant in chosen:
                plant.apply(reply)
            response.status_code = reply.status
            response.headers = type(response.headers)(reply.headers)
            if not is_stream:
                response._content = reply.body
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(URLLib3Session, "send", altering)
        yield


def operation_of(request: Any) -> str:
    """The operation that a request asks for, as far as its protocol says; of S3 and REST the method and the host."""
    target = request.headers.get("X-Amz-Target", "")
    if target:
        return str(target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
    body = request.body.decode(errors="replace") if isinstance(request.body, bytes) else str(request.body)
    action = urllib.parse.parse_qs(body).get("Action") if request.method == "POST" else None
    if action:
        return action[0]
    path = urllib.parse.urlsplit(request.url).path
    if path.startswith("/endpoints/"):
        return "InvokeEndpoint"
    if path.startswith("/schedules/"):
        return f"{request.method} schedule"
    return f"{request.method} object"


def events(text: str) -> list[re.Match[str]]:
    """The events of an answer of DescribeStackEvents, the newest first."""
    return list(re.finditer(r"<member>(?:(?!<member>).)*?<EventId>.*?</member>", text, re.DOTALL))
