"""InvokeEndpointAsync: a request is accepted at once, and carried out behind it as its model's role.

Source: InvokeEndpointAsync in the SageMaker Runtime API reference. In which words AWS tells of an input that it cannot
have, of an answer that it cannot write and of a request that has waited too long is not known; that it captures as it
does in real time is believed.
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting.asynchronous import (
    AsyncQueue,
    AsyncRequest,
    AsyncSettings,
    publish,
    write,
)
from modelyard.rehearsal.sagemaker.hosting.capture import CaptureSettings
from modelyard.rehearsal.sagemaker.hosting.endpoints import Endpoints
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet
from modelyard.rehearsal.sagemaker.hosting.instances import ContainerAnswer
from modelyard.rehearsal.sagemaker.hosting.runtime import (
    CUSTOM_ATTRIBUTES,
    PREFIX,
    EndpointRequest,
    InvocationError,
    Runtime,
    RuntimeAnswer,
    invalid_request,
)
from modelyard.rehearsal.sagemaker.hosting.telemetry import NAMESPACE, LogStream
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.shapes import accepted, operation_model
from modelyard.rehearsal.sagemaker.store import Document

MINUTE = 60.0
# What S3 and SNS refuse, or a role that SageMaker may not assume.
UNAVAILABLE = (ClientError, BotoCoreError, ServiceError)
MODEL_FAILED = (
    "ClientError: Received {kind} error ({status}) from model. See the SageMaker Endpoint logs in your account for "
    "more information."
)
# The headers of a container's request, by the member of InvokeEndpointAsync.
PASSED_ON = {"ContentType": "content-type", "Accept": "accept", "CustomAttributes": CUSTOM_ATTRIBUTES}


class AsyncRuntime:
    """Accepts requests to asynchronous endpoints, from any number of threads. `close` forgets those that wait."""

    def __init__(self, *, platform: Platform, endpoints: Endpoints, runtime: Runtime) -> None:
        self._platform = platform
        self._endpoints = endpoints
        self._runtime = runtime
        self._queues: dict[str, AsyncQueue] = {}
        endpoints.before_deletion.append(self._forget)
        self._minutely = platform.clock.every(seconds=MINUTE, run=self._put_backlogs)

    def invoke(self, *, endpoint: str, body: bytes, headers: Mapping[str, str]) -> RuntimeAnswer:
        """Accept a request; errors are answers too. `headers` are the HTTP ones, in any case."""
        try:
            return self._invoke(endpoint=endpoint, body=body, headers=headers)
        except InvocationError as error:
            return error.answer()

    def close(self) -> None:
        """Carry out no more of what waits."""
        self._minutely.cancel()
        for queue in list(self._queues.values()):
            queue.clear()

    def _invoke(self, *, endpoint: str, body: bytes, headers: Mapping[str, str]) -> RuntimeAnswer:
        members = _members(endpoint=endpoint, body=body, headers=headers)
        if ("InputLocation" in members) == (body != b""):
            raise invalid_request("one of Body and InputLocation must be given, got both or none; give one")
        state, fleet_set = self._runtime.find(endpoint)
        settings = fleet_set.plan.asynchronous
        if settings is None:
            # That AWS refuses it is sure, in which words is not known.
            raise invalid_request(f"Endpoint {endpoint} has no AsyncInferenceConfig; call InvokeEndpoint")
        request = AsyncRequest(
            endpoint=state.name,
            settings=settings,
            received=self._platform.clock.now(),
            members=members,
            body=body,
        )
        try:
            places = {"OutputLocation": request.output, "FailureLocation": request.failure}
        except ValueError as error:
            raise invalid_request(str(error)) from error
        self._queue(state.name).add(request)
        return RuntimeAnswer(
            status=202,
            headers={"content-type": "application/json"}
            | {f"X-Amzn-SageMaker-{name}": str(uri) for name, uri in places.items() if uri is not None},
            body=json.dumps({"InferenceId": request.inference_id}).encode(),
        )

    def _queue(self, endpoint: str) -> AsyncQueue:
        def capacity() -> int:
            """Return how many requests all instances are sent at once."""
            settings, instances = self._serving(endpoint)
            return 0 if settings is None else settings.concurrency * instances

        made = AsyncQueue(clock=self._platform.clock, capacity=capacity, work=self._carry_out)
        return self._queues.setdefault(endpoint, made)

    def _serving(self, endpoint: str) -> tuple[AsyncSettings | None, int]:
        """Return the settings of an asynchronous endpoint, None for any other, and how many instances it has."""
        state = self._endpoints.find_served(endpoint)
        serving = None if state is None else state.serving
        if serving is None:
            return None, 0
        return serving.plan.asynchronous, sum(fleet.count for fleet in serving.fleets.values())

    def _put_backlogs(self) -> None:
        """Put how many requests wait at each endpoint; the other metrics of asynchronous endpoints are not there.

        Source: "Monitor asynchronous endpoint" in the developer guide.
        """
        data: list[Document] = []
        for endpoint in self._platform.store.table("Endpoint").names():
            settings, instances = self._serving(endpoint)
            if settings is not None:
                size = self._queue(endpoint).size
                values = {"ApproximateBacklogSize": size, "ApproximateBacklogSizePerInstance": size / max(1, instances)}
                dimensions = [{"Name": "EndpointName", "Value": endpoint}]
                data += [
                    {"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": "Count"}
                    for name, value in values.items()
                ]
        if data:
            self._platform.own_client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=data)

    def _forget(self, endpoint: str) -> None:
        if endpoint in self._queues:
            self._queues.pop(endpoint).clear()

    def _carry_out(self, request: AsyncRequest) -> None:
        try:
            state, fleet_set = self._runtime.find(request.endpoint)
        except InvocationError:
            # The endpoint is being deleted, and what waited for it goes with it.
            return
        fleet = fleet_set.choose(target=None, generator=state.traffic.random)
        if request.expired(self._platform.clock.now()):
            self._fail(request, fleet=fleet, reason="ClientError: the request has waited longer than RequestTTLSeconds")
            return
        try:
            answer = self._ask(request, fleet=fleet, capture=fleet_set.plan.capture)
            if not 200 <= answer.status < 300:
                reason = MODEL_FAILED.format(kind="client" if answer.status < 500 else "server", status=answer.status)
                self._fail(request, fleet=fleet, reason=reason, answer=answer)
                return
            if request.output is not None:
                write(answer, to=request.output, key=request.settings.key, s3=self._client("s3", fleet=fleet))
        except (InvocationError, *UNAVAILABLE) as error:
            self._fail(request, fleet=fleet, reason=f"ClientError: {error}")
        else:
            self._tell(request, fleet=fleet, answer=answer)

    def _ask(self, request: AsyncRequest, *, fleet: Fleet, capture: CaptureSettings | None) -> ContainerAnswer:
        """Send a request to the container, its body fetched where that lies in S3."""
        body, source = request.body, request.input
        if source is not None:
            body = self._client("s3", fleet=fleet).get_object(Bucket=source.bucket, Key=source.key)["Body"].read()
        headers = {header: request.members[name] for name, header in PASSED_ON.items() if name in request.members}
        asked = EndpointRequest(
            endpoint=request.endpoint,
            capture=capture,
            body=body,
            headers=headers | {f"{PREFIX}inference-id": request.inference_id},
            seconds=request.timeout_seconds,
        )
        return self._runtime.send(asked, fleet=fleet)

    def _fail(self, request: AsyncRequest, *, fleet: Fleet, reason: str, answer: ContainerAnswer | None = None) -> None:
        """Write what the container says of its failure, and tell the log and the topic of failures."""
        self._log(request, fleet=fleet, line=f"failed: {reason}")
        if answer is not None and request.failure is not None:
            try:
                write(answer, to=request.failure, key=request.settings.key, s3=self._client("s3", fleet=fleet))
            except UNAVAILABLE as error:
                self._log(request, fleet=fleet, line=f"its failure is lost: {error}")
        self._tell(request, fleet=fleet, answer=answer, failure=reason)

    def _tell(
        self, request: AsyncRequest, *, fleet: Fleet, answer: ContainerAnswer | None, failure: str | None = None
    ) -> None:
        settings = request.settings
        topic = settings.success_topic if failure is None else settings.error_topic
        if topic is None:
            return
        now, region = self._platform.clock.now(), self._platform.region
        told = request.notification(region=region, now=now, answer=answer, failure=failure)
        try:
            publish(told, topic=topic, sns=self._client("sns", fleet=fleet))
        except UNAVAILABLE as error:
            self._log(request, fleet=fleet, line=f"nobody is told of it: {error}")

    def _client(self, service: str, *, fleet: Fleet) -> Any:
        return self._platform.role_client(role_arn=fleet.plan.model.role_arn, service=service)

    def _log(self, request: AsyncRequest, *, fleet: Fleet, line: str) -> None:
        stream = LogStream(
            endpoint=request.endpoint, stream=f"{fleet.plan.name}/data-log", role_arn=fleet.plan.model.role_arn
        )
        self._endpoints.telemetry.logs.add(stream=stream, line=f"Inference request {request.inference_id}: {line}")


def _members(*, endpoint: str, body: bytes, headers: Mapping[str, str]) -> Document:
    """Return the members of a request, which are its headers.

    Raises:
        InvocationError: one of them is none of InvokeEndpointAsync's, or breaks its rules.

    """
    shape: Any = operation_model(service="sagemaker-runtime", operation="InvokeEndpointAsync").input_shape
    names = {
        member.serialization["name"].lower(): name
        for name, member in shape.members.items()
        if member.serialization.get("location") == "header"
    }
    lowered = {name.lower(): value for name, value in headers.items()}
    unknown = [name for name in lowered if name.startswith(PREFIX) and name not in names]
    if unknown:
        raise invalid_request(f"{unknown[0]} is not rehearsed; leave it out")
    given = {names[name]: value for name, value in lowered.items() if name in names}
    numbers = {
        name: int(value)
        for name, value in given.items()
        if shape.members[name].type_name == "integer" and value.isdecimal()
    }
    try:
        return accepted({"EndpointName": endpoint, "Body": body, **given, **numbers}, shape=shape)
    except ServiceError as error:
        raise invalid_request(error.message) from error
