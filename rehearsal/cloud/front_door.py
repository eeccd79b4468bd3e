"""The one address of the local AWS, and who answers there.

MiniStack answers for its own services and checks signatures for all; SageMaker, its runtime, Application Auto Scaling
and Service Quotas are answered here; below /_rehearsal lies what no AWS has.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol

from ministack import app as ministack
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id

from modelyard.rehearsal.cloud.controls import PLACE, Controls
from modelyard.rehearsal.cloud.dates import dated_for_javascript
from modelyard.rehearsal.cloud.fault_answers import FaultyDoor
from modelyard.rehearsal.cloud.faults import Faults
from modelyard.rehearsal.cloud.identities import checked
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.permissions import Need
from modelyard.rehearsal.sagemaker.service import Check, Service

Answer = tuple[int, dict[str, str], bytes]
Scope = MutableMapping[str, Any]
_JSON = "application/x-amz-json-1.1"
_logger = logging.getLogger(__name__)


class Hosting(Protocol):
    """What answers an endpoint's callers."""

    def invoke(self, *, endpoint: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """Return an answer with a status, headers and a body."""


class FrontDoor:
    """An ASGI application."""

    def __init__(
        self,
        *,
        sagemaker: Service,
        metrics: Service,
        scaling: Service,
        quotas: Service,
        hosting: Hosting,
        controls: Controls,
        faults: Faults,
        account: str,
    ) -> None:
        self._services = {"SageMaker": sagemaker, "AnyScaleFrontendService": scaling, "ServiceQuotasV20190624": quotas}
        # The metrics service's protocol names the operation in the path.
        self._paths = {f"/{name}": metrics for name in ("BatchPutMetrics", "BatchGetMetrics")}
        self._hosting = hosting
        self._controls = controls
        self._faults = faults
        self._faulty = FaultyDoor(faults=faults)
        self._account = account
        for name in ("sagemaker", "application-autoscaling", "servicequotas"):
            ministack.SERVICE_HANDLERS[name] = self._answer

    async def __call__(
        self,
        scope: Scope,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(PLACE):
            await self._controls.answer(scope=scope, receive=receive, send=send)
            return
        if scope["type"] == "http":
            # Loopback stands for the TLS of AWS: policies that ask for a secure transport are met.
            scope["headers"] = [*scope["headers"], (b"x-forwarded-proto", b"https")]
            send = dated_for_javascript(scope=scope, send=send)
            if self._faults.set:
                left = await self._faulty.answer(scope=scope, receive=receive, send=send)
                if left is None:
                    return
                receive = left
        await ministack.app(scope, receive, send)

    async def _answer(
        self, _method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
    ) -> Answer:
        """Answer a request whose signature MiniStack has checked."""
        work = self._invoke if path.startswith("/endpoints/") else self._operate
        try:
            return await asyncio.to_thread(work, path=path, headers=headers, body=body, query=query)
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
        request = json.loads(body or b"{}")
        answer = service.answer(operation=operation, request=request, check=_check(headers, query))
        return 200, {"Content-Type": _JSON}, json.dumps(answer).encode()

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
    return error.status, {"Content-Type": _JSON, "x-amzn-errortype": error.code}, json.dumps(document).encode()
