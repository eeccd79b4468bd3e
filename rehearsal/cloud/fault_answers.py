"""Faults before the services: a call is held against the rules, and answered wrongly or handed on."""

import asyncio
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_actions, router
from ministack.services import sts

from modelyard.rehearsal.cloud.faults import Faults, told
from modelyard.rehearsal.cloud.refusals import Refusal, send_refusal
from modelyard.rehearsal.cloud.requests import Request, Send
from modelyard.rehearsal.faults import Fault


async def answered_wrongly(request: Request, *, body: bytes, faults: Faults, send: Send) -> bool:
    """Keep a call waiting, answer it with an error or drop it, as a rule says; return whether it is answered."""
    fault = _strike(request, body=body, faults=faults) if faults.set else None
    if fault is None:
        return False
    await asyncio.sleep(fault.delay)
    if fault.drop:
        # To promise an answer and end the connection: there is no gentler word for it in ASGI.
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
    elif fault.error is not None:
        refusal = Refusal(code=fault.error, message=told(fault), status=fault.status)
        await send_refusal(refusal, headers=request.headers, path=request.path, send=send)
    return fault.drop or fault.error is not None


def _strike(request: Request, *, body: bytes, faults: Faults) -> Fault | None:
    headers, query = dict(request.headers), dict(request.query)
    service = router.detect_service(request.method, request.path, headers, query)
    action = _action(service=service, request=request, headers=headers, body=body, query=query)
    text = request.path + "\n" + body.decode(errors="replace")
    return faults.strike(action=action, caller=_caller(headers=headers, query=query), text=text)


def _action(*, service: str, request: Request, headers: Mapping[str, str], body: bytes, query: Any) -> str:
    """Return what IAM calls an operation; MiniStack does not know SageMaker's, whose name is in a header."""
    if service == "sagemaker" and request.path.startswith("/endpoints/"):
        return "sagemaker:InvokeEndpoint"
    found = iam_actions.extract_iam_action(service, request.method, request.path, headers, body, query)
    return str(found) if found is not None else f"{service}:{headers.get('x-amz-target', '').rpartition('.')[2]}"


def _caller(*, headers: Mapping[str, str], query: Any) -> str:
    key = router.extract_access_key_id(headers, query)
    session = sts._sessions.get(key)
    return "root" if session is None else str(session["Arn"])
