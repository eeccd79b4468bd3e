"""Faults at the front door: a call is read whole, held against the rules, and answered wrongly or handed on."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ministack.core import iam_actions, router
from ministack.services import sts

from modelyard.rehearsal.cloud.faults import Faults, told
from modelyard.rehearsal.faults import Fault

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
_JSON = "application/x-amz-json-1.1"


class FaultyDoor:
    """What stands before the services while there are rules."""

    def __init__(self, *, faults: Faults) -> None:
        self._faults = faults

    async def answer(self, *, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """Answer a call that is to go wrong and return None; else return what the services are to read instead."""
        body = await body_of(receive)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        fault = self._strike(scope=scope, headers=headers, body=body)
        if fault is not None:
            await asyncio.sleep(fault.delay)
        if fault is None or (fault.error is None and not fault.drop):
            return _again(body=body, receive=receive)
        await (_drop(send) if fault.drop else _refuse(fault=fault, headers=headers, path=scope["path"], send=send))
        return None

    def _strike(self, *, scope: Scope, headers: dict[str, str], body: bytes) -> Fault | None:
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        service = router.detect_service(scope["method"], scope["path"], headers, query)
        action = _action(service=service, scope=scope, headers=headers, body=body, query=query)
        text = scope["path"] + "\n" + body.decode(errors="replace")
        return self._faults.strike(action=action, caller=_caller(headers=headers, query=query), text=text)


async def body_of(receive: Receive) -> bytes:
    """Read a request's body to its end."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _action(*, service: str, scope: Scope, headers: dict[str, str], body: bytes, query: Any) -> str:
    """Return what IAM calls an operation; MiniStack does not know SageMaker's, whose name is in a header."""
    if service == "sagemaker" and scope["path"].startswith("/endpoints/"):
        return "sagemaker:InvokeEndpoint"
    found = iam_actions.extract_iam_action(service, scope["method"], scope["path"], headers, body, query)
    return str(found) if found is not None else f"{service}:{headers.get('x-amz-target', '').rpartition('.')[2]}"


def _caller(*, headers: dict[str, str], query: Any) -> str:
    key = router.extract_access_key_id(headers, query)
    session = sts._sessions.get(key)
    return "root" if session is None else str(session["Arn"])


def _again(*, body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already once more."""
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def received() -> Any:
        return waiting.pop() if waiting else await receive()

    return received


async def _drop(send: Send) -> None:
    """Promise an answer and end the connection: there is no gentler word for it in ASGI."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


async def _refuse(*, fault: Fault, headers: dict[str, str], path: str, send: Send) -> None:
    kind, content = _document(fault=fault, headers=headers, path=path)
    answered = [(b"content-type", kind.encode()), (b"x-amzn-errortype", str(fault.error).encode())]
    await send({"type": "http.response.start", "status": fault.status, "headers": answered})
    await send({"type": "http.response.body", "body": content})


def _document(*, fault: Fault, headers: dict[str, str], path: str) -> tuple[str, bytes]:
    """Return an error in the protocol of its request: JSON, S3's XML, or that of the older query protocol."""
    code, message = str(fault.error), told(fault)
    if "x-amz-target" in headers or path.startswith("/endpoints/") or "json" in headers.get("content-type", ""):
        return _JSON, json.dumps({"__type": code, "message": message, "Message": message}).encode()
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if "form-urlencoded" in headers.get("content-type", ""):
        return "text/xml", f"<ErrorResponse><Error>{error}</Error><RequestId>0</RequestId></ErrorResponse>".encode()
    return "application/xml", f"<Error>{error}</Error>".encode()
