"""The one address of the local AWS, and the way of a request to whoever answers it.

MiniStack answers for its own services; SageMaker, its runtime, Application Auto Scaling and Service Quotas are answered
here; below /_rehearsal lies what no AWS has.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from modelyard.rehearsal.cloud.account_services import AccountServices
from modelyard.rehearsal.cloud.admin_api import AdminApi
from modelyard.rehearsal.cloud.bulkheads import Bulkheads
from modelyard.rehearsal.cloud.faults import Faults
from modelyard.rehearsal.cloud.gate import Admitted, Gate
from modelyard.rehearsal.cloud.ministack import app, iam, sigv4
from modelyard.rehearsal.cloud.page import Page
from modelyard.rehearsal.cloud.refusals import RefusalLog
from modelyard.rehearsal.cloud.requests import (
    ADMINISTRATION,
    Incoming,
    Receive,
    Refusal,
    Request,
    Scope,
    Send,
    json_object,
    replay,
)
from modelyard.rehearsal.cloud.responses import JSON, send_answer, send_refusal, with_own_headers
from modelyard.rehearsal.cloud.tracking_door import TrackingDoor
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.permissions import Need
from modelyard.rehearsal.sagemaker.service import Check

Answer = tuple[int, dict[str, str], bytes]
# What a client that is refused may still send before it reads why; nothing of it is kept.
MOST_DROPPED = 64 * 1024**2
ENDPOINTS = "/endpoints/"
# The protocol of the metrics service names the operation in the path.
METRICS_PATHS = frozenset({"/BatchPutMetrics", "/BatchGetMetrics"})
# Operations of the runtime by what their path ends with (SageMaker Runtime API reference).
INVOCATIONS = {"invocations": "InvokeEndpoint", "async-invocations": "InvokeEndpointAsync"}
NOT_REHEARSED = {
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
    "invocations-bidirectional-stream": "InvokeEndpointWithBidirectionalStream",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """A request that the gate has let pass, and what its answer is sent by."""

    request: Request
    admitted: Admitted
    scope: Scope
    receive: Receive
    send: Send


class RequestRouter:
    """An ASGI application."""

    def __init__(
        self,
        *,
        gate: Gate,
        page: Page,
        refusals: RefusalLog,
        admin: AdminApi,
        faults: Faults,
        services: Callable[[], AccountServices],
        bulkheads: Bulkheads,
        tracking: TrackingDoor,
        account: str,
        region: str,
    ) -> None:
        self._gate = gate
        self._page = page
        self._refusals = refusals
        self._admin = admin
        self._faults = faults
        self._services = services
        self._bulkheads = bulkheads
        self._tracking = tracking
        self._account = account
        self._region = region
        # Who may answer, in this order; the first that does ends the way. The gate stands before all of them.
        self._steps = (
            # A browser, and who waits for an answer.
            self._show,
            # /_rehearsal: the clock, faults, quotas. Rules of what is to go wrong hold nothing up here.
            self._administer,
            # Rules of what is to go wrong: an error, a delay, a connection that ends.
            self._fail_by_rule,
            # Endpoints. There are more such calls than of all others, and MiniStack's way to a handler takes longer
            # than the whole answer.
            self._invoke,
            # MLflow Apps: clients that sign, and browsers with a session.
            self._track,
            # MiniStack: it asks IAM about calls of its own services and answers them. Ours come back to `_answer`.
            self._forward,
        )
        for name in ("sagemaker", "application-autoscaling", "servicequotas"):
            app.handle(name, self._answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await app.APPLICATION(scope, receive, send)
            return
        request = Request.read(scope)
        send = with_own_headers(request, send=send)
        incoming = Incoming(receive)
        try:
            admitted = await self._gate.admit(request, incoming=incoming)
        except Refusal as refusal:
            send = self._refusals.watch(send, request=request, body=b"")
            await send_refusal(refusal, headers=request.headers, path=request.path, send=send, more=True)
            await incoming.drop(limit=MOST_DROPPED)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        sigv4.pin(admitted.signature)
        send = self._refusals.watch(send, request=request, body=admitted.body)
        exchange = Exchange(request=request, admitted=admitted, scope=scope, receive=receive, send=send)
        for step in self._steps:
            if await step(exchange):
                return

    async def _show(self, exchange: Exchange) -> bool:
        return await self._page.answer(exchange.request, send=exchange.send)

    async def _administer(self, exchange: Exchange) -> bool:
        if not exchange.request.path.startswith(ADMINISTRATION):
            return False
        action = exchange.request.path.removeprefix(ADMINISTRATION)
        await self._admin.answer(action=action, body=exchange.admitted.body, send=exchange.send)
        return True

    async def _fail_by_rule(self, exchange: Exchange) -> bool:
        return await self._faults.answer(exchange.request, body=exchange.admitted.body, send=exchange.send)

    async def _invoke(self, exchange: Exchange) -> bool:
        request, signature = exchange.request, exchange.admitted.signature
        is_of_runtime = exchange.admitted.service == "sagemaker" and request.path.startswith(ENDPOINTS)
        if not is_of_runtime or request.rest_api is not None or signature is None or signature.scope is None:
            return False
        app.begin_request(key=signature.key, address=exchange.scope["client"][0], region=signature.scope.region)
        body = app.decompressed(exchange.admitted.body, headers=request.headers)

        def work() -> Answer:
            endpoint, _, action = request.path.removeprefix(ENDPOINTS).partition("/")
            if action in NOT_REHEARSED:
                raise ServiceError(
                    code="ValidationError", message=f"{NOT_REHEARSED[action]} is not rehearsed; call InvokeEndpoint"
                )
            if action not in INVOCATIONS:
                raise ServiceError(
                    code="UnknownOperationException", message=f"nothing answers at {request.path}", status=404
                )
            arn = f"arn:aws:sagemaker:{app.get_region()}:{self._account}:endpoint/{endpoint}"
            iam.check(key=signature.key, action=f"sagemaker:{INVOCATIONS[action]}", resource=arn, context={})
            sagemaker = self._services().sagemaker
            runtime = sagemaker.async_runtime if action == "async-invocations" else sagemaker.runtime
            answer = runtime.invoke(endpoint=endpoint, body=body, headers=request.headers)
            return answer.status, dict(answer.headers), answer.body

        status, headers, content = await self._run(request.path, work)
        identified = {**headers, "x-amzn-requestid": str(uuid.uuid4())}
        await send_answer(status=status, headers=identified, body=content, send=exchange.send)
        return True

    async def _track(self, exchange: Exchange) -> bool:
        admitted = exchange.admitted
        return await self._tracking.answer(
            exchange.request,
            body=admitted.body,
            signature=admitted.signature,
            scope=exchange.scope,
            send=exchange.send,
        )

    async def _forward(self, exchange: Exchange) -> bool:
        # Loopback stands for the TLS of AWS: policies that ask for a secure transport are met.
        exchange.scope["headers"] = [*exchange.scope["headers"], (b"x-forwarded-proto", b"https")]
        receive = replay(exchange.admitted.body, receive=exchange.receive)
        await app.APPLICATION(exchange.scope, receive, exchange.send)
        return True

    async def _answer(
        self, _method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
    ) -> Answer:
        """Answer for a service of ours, as MiniStack calls its handlers."""
        key = app.extract_access_key_id(dict(headers), dict(query))

        def check(need: Need) -> None:
            iam.check(key=key, action=need.action, resource=need.resource, context=need.context)

        return await self._run("operations", lambda: self._operate(path, headers, body, check))

    async def _run(self, compartment: str, work: Callable[[], Answer]) -> Answer:
        """Return what `work` returns in threads of its own, or what it raises as AWS says it."""
        try:
            self._require_region(app.get_region())
            return await self._bulkheads.run(compartment, work)
        except ServiceError as error:
            document = {"__type": error.code, "message": error.message, "Message": error.message}
            names = {"Content-Type": JSON, "x-amzn-errortype": error.code}
            return error.status, names, json.dumps(document).encode()

    def _require_region(self, region: str) -> None:
        """Refuse a caller of another region: on AWS nothing of this one's is there."""
        if region != self._region:
            raise ServiceError(
                code="ValidationException",
                message=f"the region must be {self._region}, which is this local AWS's, got {region}; "
                f"name that region, or start another local AWS: rehearsal serve --region {region}",
            )

    def _operate(self, path: str, headers: Mapping[str, str], body: bytes, check: Check) -> Answer:
        target, _, operation = headers.get("x-amz-target", "").partition(".")
        service = self._services().by_target.get(target)
        if path in METRICS_PATHS:
            service, operation = self._services().sagemaker.metrics, path[1:]
        if service is None:
            raise ServiceError(
                code="UnknownOperationException", message=f"nothing answers at {path} {target}", status=404
            )
        try:
            request = json_object(body)
        except ValueError as error:
            raise ServiceError(code="SerializationException", message=str(error)) from error
        answer = service.answer(operation=operation, request=request, check=check)
        return 200, {"Content-Type": JSON}, json.dumps(answer).encode()
