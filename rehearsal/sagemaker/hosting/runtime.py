"""InvokeEndpoint: a request goes to a variant, and leaves the metrics and captured records that it leaves on AWS.

Source: InvokeEndpoint in the SageMaker Runtime API reference.
"""

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting.capture import CaptureSettings, Destination, Exchange
from modelyard.rehearsal.sagemaker.hosting.endpoint_state import EndpointState
from modelyard.rehearsal.sagemaker.hosting.endpoints import Endpoints
from modelyard.rehearsal.sagemaker.hosting.fleet_sets import FleetSet
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet, NoInstanceError
from modelyard.rehearsal.sagemaker.hosting.instances import ANSWER_SECONDS, ContainerAnswer, ContainerFaultError
from modelyard.rehearsal.sagemaker.hosting.serverless import ThrottledError
from modelyard.rehearsal.sagemaker.hosting.telemetry import Invocation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

LARGEST_BODY = 6 * 1024**2
LONGEST_INFERENCE_ID = 64
PREFIX = "x-amzn-sagemaker-"
CUSTOM_ATTRIBUTES, INFERENCE_ID = f"{PREFIX}custom-attributes", f"{PREFIX}inference-id"
TARGET_VARIANT = f"{PREFIX}target-variant"
PASSED_ON = ("content-type", "accept", CUSTOM_ATTRIBUTES)
# The members of a request by their headers; what another of AWS's prefix asks for, nothing here does.
READ = (CUSTOM_ATTRIBUTES, INFERENCE_ID, TARGET_VARIANT)
SHADOW_THREADS = 4
TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container {container}. Review the latency metrics "
    "for each container in Amazon CloudWatch, resolve the issue, and try again."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class RuntimeAnswer:
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class InvocationError(Exception):
    """An error of InvokeEndpoint: its code, and what its body says beside the message."""

    def __init__(self, message: str, *, code: str, status: int, details: Document | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.details: Document = {} if details is None else details

    def answer(self) -> RuntimeAnswer:
        """Return it as a client gets it."""
        headers = {"content-type": "application/json", "x-amzn-errortype": self.code}
        body = json.dumps({**self.details, "Message": str(self), "message": str(self)}).encode()
        return RuntimeAnswer(status=self.status, headers=headers, body=body)


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointRequest:
    """A request to an endpoint, `headers` in lower case, and what is captured of it; `seconds` is what it may take."""

    endpoint: str
    capture: CaptureSettings | None
    body: bytes
    headers: Mapping[str, str]
    seconds: float
    started: float = field(default_factory=time.perf_counter)


class Runtime:
    """Answers requests to endpoints, from any number of threads."""

    def __init__(self, *, platform: Platform, endpoints: Endpoints) -> None:
        self._platform = platform
        self._endpoints = endpoints
        self._shadows = ThreadPoolExecutor(max_workers=SHADOW_THREADS, thread_name_prefix="shadow")

    def invoke(self, *, endpoint: str, body: bytes, headers: Mapping[str, str]) -> RuntimeAnswer:
        """Answer a request; errors are answers too. `headers` are the HTTP ones, in any case."""
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            return self._invoke(endpoint=endpoint, body=body, headers=lowered)
        except InvocationError as error:
            return error.answer()

    def close(self) -> None:
        """Wait for the copies that went to shadow variants."""
        self._shadows.shutdown(wait=True, cancel_futures=True)

    def _invoke(self, *, endpoint: str, body: bytes, headers: Mapping[str, str]) -> RuntimeAnswer:
        if len(body) > LARGEST_BODY:
            raise invalid_request(
                "1 validation error detected: Value at 'body' failed to satisfy constraint: "
                f"Member must have length less than or equal to {LARGEST_BODY}"
            )
        if len(headers.get(INFERENCE_ID, "")) > LONGEST_INFERENCE_ID:
            raise invalid_request(
                "1 validation error detected: Value at 'inferenceId' failed to satisfy constraint: "
                f"Member must have length less than or equal to {LONGEST_INFERENCE_ID}"
            )
        refused = [name for name in headers if name.startswith(PREFIX) and name not in READ]
        if refused:
            raise invalid_request(f"{refused[0]} is not rehearsed; leave it out")

        # The endpoint's fleet set in service, and in it the variant that is asked for, or one by weight.
        state, fleet_set = self.find(endpoint)
        if fleet_set.plan.asynchronous is not None:
            # That AWS refuses it is sure, in which words is not known.
            raise invalid_request(f"Endpoint {endpoint} answers asynchronously; call InvokeEndpointAsync")
        generator = state.traffic.random
        try:
            fleet = fleet_set.choose(target=headers.get(TARGET_VARIANT), generator=generator)
        except ServiceError as error:
            raise invalid_request(error.message) from error
        request = EndpointRequest(
            endpoint=state.name,
            capture=fleet_set.plan.capture,
            body=body,
            headers=headers,
            seconds=ANSWER_SECONDS,
        )

        # A shadow gets its part of the requests: its weight over that of the variant that it shadows.
        weight = fleet_set.weights[fleet.plan.name]
        for shadow in fleet_set.shadows.values():
            share = 1.0 if weight <= 0 else shadow.plan.weight / weight
            if generator.random() < share:
                self._shadows.submit(self._send_copy, request, shadow)

        answer = self.send(request, fleet=fleet)
        if not answer.succeeded:
            message = answer.body.decode(errors="replace")
            raise self._model_error(request, container=answer.container, status=answer.status, message=message)
        sent_back = {"content-type": answer.content_type, "x-Amzn-Invoked-Production-Variant": fleet.plan.name}
        if answer.custom_attributes is not None:
            sent_back["X-Amzn-SageMaker-Custom-Attributes"] = answer.custom_attributes
        return RuntimeAnswer(status=200, headers=sent_back, body=answer.body)

    def find(self, endpoint: str) -> tuple[EndpointState, FleetSet]:
        """Return an endpoint that takes requests, and the fleet set for the next one.

        Raises:
            InvocationError: there is none of that name.

        """
        state = self._endpoints.find_served(endpoint)
        fleet_set = None if state is None else state.traffic.choose()
        if state is None or fleet_set is None:
            raise invalid_request(f"Endpoint {endpoint} of account {self._platform.account} not found.")
        return state, fleet_set

    def send(self, request: EndpointRequest, *, fleet: Fleet) -> ContainerAnswer:
        """Send a request to a variant, count it, and capture it if the container did what it was asked.

        Raises:
            InvocationError: no instance answers, or too many requests are being answered.

        """
        try:
            answer = fleet.invoke(
                body=request.body,
                headers={name: request.headers[name] for name in PASSED_ON if name in request.headers},
                seconds=request.seconds,
            )
        except NoInstanceError as error:
            self._count(request, fleet=fleet, answer=None)
            message = "The service is unavailable: no instance of the variant answers. Try your call again."
            raise InvocationError(message, code="ServiceUnavailable", status=503) from error
        except ThrottledError as error:
            # Developer guide, "Serverless Inference", concurrent invocations: what is beyond them is throttled.
            message = f"Rate exceeded: {error}. Try your call again."
            raise InvocationError(message, code="ThrottlingException", status=429) from error
        except ContainerFaultError as error:
            self._count(request, fleet=fleet, answer=None)
            status, message = 500, str(error)
            if error.timed_out:
                status, message = 0, TIMED_OUT.format(container=error.container)
            raise self._model_error(request, container=error.container, status=status, message=message) from error
        self._count(request, fleet=fleet, answer=answer)
        if answer.succeeded:
            self._capture(request, fleet=fleet, answer=answer)
        return answer

    def _send_copy(self, request: EndpointRequest, shadow: Fleet) -> None:
        try:
            self.send(replace(request, started=time.perf_counter()), fleet=shadow)
        except InvocationError:
            # A shadow's failure is in its metrics; whoever sent the request must not notice it.
            return

    def _count(self, request: EndpointRequest, *, fleet: Fleet, answer: ContainerAnswer | None) -> None:
        seconds = time.perf_counter() - request.started
        model_seconds = seconds if answer is None else answer.seconds
        self._endpoints.telemetry.metrics.add(
            Invocation(
                endpoint=request.endpoint,
                variant=fleet.plan.name,
                moment=self._platform.clock.now(),
                instances=fleet.count,
                status=None if answer is None else answer.status,
                model_seconds=model_seconds,
                overhead_seconds=seconds - model_seconds,
                setup_seconds=0.0 if answer is None else answer.setup_seconds,
                latencies={} if answer is None or len(fleet.plan.model.containers) == 1 else answer.latencies,
            )
        )

    def _capture(self, request: EndpointRequest, *, fleet: Fleet, answer: ContainerAnswer) -> None:
        if request.capture is None:
            return
        exchange = Exchange(
            moment=self._platform.clock.now(),
            sent=request.body,
            sent_type=request.headers.get("content-type", ""),
            answered=answer.body,
            answered_type=answer.content_type,
            inference_id=request.headers.get(INFERENCE_ID),
            custom_attributes=request.headers.get(CUSTOM_ATTRIBUTES),
        )
        destination = Destination(
            endpoint=request.endpoint,
            variant=fleet.plan.name,
            role_arn=fleet.plan.model.role_arn,
            settings=request.capture,
        )
        self._endpoints.telemetry.capture.add(exchange=exchange, destination=destination)

    def _model_error(self, request: EndpointRequest, *, container: str, status: int, message: str) -> InvocationError:
        region, account = self._platform.region, self._platform.account
        group = f"/aws/sagemaker/Endpoints/{request.endpoint}"
        kind = "client" if 400 <= status < 500 else "server"
        console = (
            f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={group}"
        )
        details = {
            "ErrorCode": "CLIENT_ERROR_FROM_MODEL" if kind == "client" else "INTERNAL_FAILURE_FROM_MODEL",
            "LogStreamArn": f"arn:aws:logs:{region}:{account}:log-group:{group}",
            "OriginalMessage": message,
            "OriginalStatusCode": status,
        }
        return InvocationError(
            f'Received {kind} error ({status}) from {container} with message "{message}". See {console} '
            f"in account {account} for more information.",
            code="ModelError",
            status=424,
            details=details,
        )


def invalid_request(message: str) -> InvocationError:
    """Return the answer to a request whose values cannot be used."""
    return InvocationError(message, code="ValidationError", status=400)
