"""The one address of the local AWS, and who answers there.

What the gate lets pass is answered by MiniStack for its own services; SageMaker, its runtime, Application Auto Scaling
and Service Quotas are answered here; below /_rehearsal lies what no AWS has.
"""

import functools
import json
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from ministack import app as ministack
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id

from modelyard.rehearsal.cloud import signatures
from modelyard.rehearsal.cloud.admin_api import AdminApi
from modelyard.rehearsal.cloud.bulkheads import Bulkheads
from modelyard.rehearsal.cloud.dates import dated_for_javascript
from modelyard.rehearsal.cloud.documents import document_of
from modelyard.rehearsal.cloud.fault_answers import answered_wrongly
from modelyard.rehearsal.cloud.faults import Faults
from modelyard.rehearsal.cloud.gate import ADMINISTRATION, Gate, without_grants_to_pages
from modelyard.rehearsal.cloud.identities import checked
from modelyard.rehearsal.cloud.refusals import Refusal, send_refusal
from modelyard.rehearsal.cloud.requests import Incoming, Receive, Request, Scope, Send, replayed
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.permissions import Need
from modelyard.rehearsal.sagemaker.service import Check, Service

Answer = tuple[int, dict[str, str], bytes]
JSON = "application/x-amz-json-1.1"
# What a client that is refused may still send before it reads why; nothing of it is kept.
MOST_DROPPED = 64 * 1024**2
_logger = logging.getLogger(__name__)


class Hosting(Protocol):
    """What answers an endpoint's callers."""

    def invoke(self, *, endpoint: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """Return an answer with a status, headers and a body."""


class RequestRouter:
    """An ASGI application."""

    def __init__(
        self,
        *,
        sagemaker: Service,
        metrics: Service,
        scaling: Service,
        quotas: Service,
        hosting: Hosting,
        gate: Gate,
        controls: AdminApi,
        faults: Faults,
        bulkheads: Bulkheads,
        account: str,
    ) -> None:
        self._services = {"SageMaker": sagemaker, "AnyScaleFrontendService": scaling, "ServiceQuotasV20190624": quotas}
        # The metrics service's protocol names the operation in the path.
        self._paths = {f"/{name}": metrics for name in ("BatchPutMetrics", "BatchGetMetrics")}
        self._hosting = hosting
        self._gate = gate
        self._controls = controls
        self._faults = faults
        self._bulkheads = bulkheads
        self._account = account
        for name in ("sagemaker", "application-autoscaling", "servicequotas"):
            ministack.SERVICE_HANDLERS[name] = self._answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await ministack.app(scope, receive, send)
        elif scope["type"] == "websocket":
            # None of the rehearsed services has one.
            await send({"type": "websocket.close"})
        else:
            await self._answer_http(scope, receive, send)

    async def _answer_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request.read(scope)
        send = without_grants_to_pages(request, send=dated_for_javascript(scope=scope, send=send))
        incoming = Incoming(receive)
        try:
            admitted = await self._gate.admit(request, incoming=incoming)
        except Refusal as refusal:
            await send_refusal(refusal, headers=request.headers, path=request.path, send=send, more=True)
            await incoming.drop(limit=MOST_DROPPED)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        if request.path.startswith(ADMINISTRATION):
            action = request.path.removeprefix(ADMINISTRATION)
            await self._controls.answer(action=action, body=admitted.body, send=send)
        elif not await answered_wrongly(request, body=admitted.body, faults=self._faults, send=send):
            signatures.pin(admitted.key)
            # Loopback stands for the TLS of AWS: policies that ask for a secure transport are met.
            scope["headers"] = [*scope["headers"], (b"x-forwarded-proto", b"https")]
            await ministack.app(scope, replayed(admitted.body, receive=receive), send)

    async def _answer(
        self, _method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
    ) -> Answer:
        """Answer a request that the gate has let pass."""
        invoked = path.startswith("/endpoints/")
        work = functools.partial(
            self._invoke if invoked else self._operate, path=path, headers=headers, body=body, query=query
        )
        try:
            return await self._bulkheads.run(path if invoked else "operations", work)
        except ServiceError as error:
            return _refused(error)

    def _operate(self, *, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]) -> Answer:
        target, _, operation = headers.get("x-amz-target", "").partition(".")
        service = self._services.get(target)
        if path in self._paths:
            service, operation = self._paths[path], path[1:]
        if service is None:
            raise ServiceError(
                code="UnknownOperationException", message=f"nothing answers at {path} {target}", status=404
            )
        try:
            request = document_of(body)
        except ValueError as error:
            raise ServiceError(code="SerializationException", message=str(error)) from error
        answer = service.answer(operation=operation, request=request, check=_check(headers, query))
        return 200, {"Content-Type": JSON}, json.dumps(answer).encode()

    def _invoke(self, *, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]) -> Answer:
        endpoint = path.split("/")[2]
        arn = f"arn:aws:sagemaker:{get_region()}:{self._account}:endpoint/{endpoint}"
        _check(headers, query)(Need(action="sagemaker:InvokeEndpoint", resource=arn))
        answer = self._hosting.invoke(endpoint=endpoint, body=body, headers=headers)
        return answer.status, dict(answer.headers), answer.body


def _check(headers: Mapping[str, str], query: Mapping[str, list[str]]) -> Check:
    key, region = extract_access_key_id(dict(headers), dict(query)), get_region()

    def check(need: Need) -> None:
        checked(key=key, action=need.action, resource=need.resource, context=need.context, region=region)

    return check


def _refused(error: ServiceError) -> Answer:
    document = {"__type": error.code, "message": error.message, "Message": error.message}
    return error.status, {"Content-Type": JSON, "x-amzn-errortype": error.code}, json.dumps(document).encode()
