"""One instance of an endpoint: a serving process for each container, and the connections that are kept open to it."""

import http.client
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from urllib3.util import wait_for_read

from modelyard.rehearsal.containers.environment import ADDRESS
from modelyard.rehearsal.containers.servers import ModelServer

# "A customer's model containers must respond to requests within 60 seconds."
ANSWER_SECONDS = 60.0
CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
BROKEN = (ConnectionError, http.client.HTTPException)


class InstanceGoneError(Exception):
    """The instance takes no connections any more: the request can go to another one."""


class ContainerFaultError(Exception):
    """A container was sent the request and did not answer it."""

    def __init__(self, message: str, *, container: str, timed_out: bool) -> None:
        super().__init__(message)
        self.container = container
        self.timed_out = timed_out


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerAnswer:
    """What a container answered, and after how many seconds.

    `container` is its name: of a pipeline the last one, or the first that answered with an error. `latencies` are the
    seconds of each that was asked. `setup_seconds` is what a serverless variant's container took to start, where this
    request had it started.
    """

    container: str

    status: int
    content_type: str
    body: bytes
    custom_attributes: str | None
    seconds: float
    latencies: Mapping[str, float]
    setup_seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether the container did what it was asked."""
        return 200 <= self.status < 300


class Container:
    """A serving process that has passed its health check, by the name of its container."""

    def __init__(self, *, name: str, server: ModelServer) -> None:
        self.name = name
        self._server = server
        self._idle: deque[http.client.HTTPConnection] = deque()

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._server.running

    def ping(self) -> bool:
        """Ask for health, as SageMaker does."""
        return self._server.ping()

    def invoke(self, *, body: bytes, headers: Mapping[str, str], seconds: float = ANSWER_SECONDS) -> ContainerAnswer:
        """Send a request to /invocations and return the answer.

        Raises:
            InstanceGoneError: nobody takes connections there.
            ContainerFaultError: the request went out, and no answer came within so many seconds or at all.

        """
        started = time.perf_counter()
        connection = self._take_idle()
        sent = connection is not None
        if connection is not None:
            if connection.timeout != seconds:
                connection.timeout = seconds
                connection.sock.settimeout(seconds)
            try:
                return self._exchange(connection, body=body, headers=headers, started=started)
            except BROKEN:
                # It may have been closed at the other end just then; that says nothing of the instance.
                self._idle.clear()
        connection = http.client.HTTPConnection(ADDRESS, self._server.port, timeout=seconds)
        try:
            connection.connect()
        except OSError as error:
            if sent:
                # What ended this instance must not go on to end the next one.
                raise self._fault(f"the connection to the container broke: {error}", timed_out=False) from error
            raise InstanceGoneError(f"{self.name} takes no connections: {error}") from error
        try:
            return self._exchange(connection, body=body, headers=headers, started=started)
        except BROKEN as error:
            raise self._fault(f"the connection to the container broke: {error}", timed_out=False) from error

    def stop(self, *, grace: float = 30) -> None:
        """End the process, after `grace` seconds at most for the requests in progress."""
        self._server.stop(grace=grace)
        while (connection := self._take_idle()) is not None:
            connection.close()

    def _take_idle(self) -> http.client.HTTPConnection | None:
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            # Nothing is to be read of an idle connection but that the other end has closed it.
            if not wait_for_read(connection.sock, timeout=0):
                return connection
            connection.close()
        return None

    def _exchange(
        self, connection: http.client.HTTPConnection, *, body: bytes, headers: Mapping[str, str], started: float
    ) -> ContainerAnswer:
        try:
            connection.request("POST", "/invocations", body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except TimeoutError as error:
            connection.close()
            raise self._fault(f"no answer within {connection.timeout:g} s", timed_out=True) from error
        except BaseException:
            connection.close()
            raise
        if not answer.will_close:
            self._idle.append(connection)
        seconds = time.perf_counter() - started
        return ContainerAnswer(
            container=self.name,
            status=answer.status,
            content_type=answer.headers.get("Content-Type", ""),
            body=content,
            custom_attributes=answer.headers.get(CUSTOM_ATTRIBUTES),
            seconds=seconds,
            latencies={self.name: seconds},
        )

    def _fault(self, message: str, *, timed_out: bool) -> ContainerFaultError:
        return ContainerFaultError(message, container=self.name, timed_out=timed_out)


class Instance:
    """The containers of a model on a machine: what one answers, the next is asked.

    `outstanding` is how many requests it is answering; who sends requests counts them, under a lock of its own.
    `setup_seconds` is how long it took to start.
    """

    def __init__(self, *, name: str, containers: Sequence[Container], setup_seconds: float = 0.0) -> None:
        self.name = name
        self.setup_seconds = setup_seconds
        self.outstanding = 0
        self._containers = containers

    @property
    def running(self) -> bool:
        """Whether all processes are there."""
        return all(container.running for container in self._containers)

    def ping(self) -> bool:
        """Ask each for health, as SageMaker does."""
        return all(container.ping() for container in self._containers)

    def invoke(self, *, body: bytes, headers: Mapping[str, str], seconds: float = ANSWER_SECONDS) -> ContainerAnswer:
        """Send a request through the containers, and return the last one's answer, or the first that is an error.

        An answer's body and content type are the next request's; what the client accepts, the last one is told alone.
        Whether each container has the whole time or all have it together is not documented: here they have it together.

        Raises:
            InstanceGoneError: nobody takes connections there.
            ContainerFaultError: a request went out, and no answer came within so many seconds or at all.

        """
        latencies: dict[str, float] = {}
        *before, last = self._containers
        for container in before:
            inner = {name: value for name, value in headers.items() if name.lower() != "accept"}
            answer = container.invoke(body=body, headers=inner, seconds=_left(seconds, latencies))
            latencies |= answer.latencies
            if not answer.succeeded:
                return replace(answer, seconds=sum(latencies.values()), latencies=latencies)
            body = answer.body
            kept = {name: value for name, value in headers.items() if name.lower() != "content-type"}
            headers = {**kept, "content-type": answer.content_type}
        answer = last.invoke(body=body, headers=headers, seconds=_left(seconds, latencies))
        latencies |= answer.latencies
        return replace(answer, seconds=sum(latencies.values()), latencies=latencies)

    def stop(self, *, grace: float = 30) -> None:
        """End the processes, after `grace` seconds at most for the requests in progress."""
        for container in self._containers:
            container.stop(grace=grace)


def _left(seconds: float, latencies: Mapping[str, float]) -> float:
    """The seconds that are left of a request's time; a socket takes none that are not above 0."""
    return max(seconds - sum(latencies.values()), 0.001)


class Outstanding:
    """Counts requests in progress of a group of instances, and chooses the one with the fewest."""

    def __init__(self) -> None:
        self.changed = threading.Condition()

    def acquire(self, instances: list[Instance]) -> Instance | None:
        """Return the instance with the fewest requests in progress, one more counted; None of an empty list."""
        with self.changed:
            if not instances:
                return None
            chosen = min(instances, key=lambda instance: instance.outstanding)
            chosen.outstanding += 1
            return chosen

    def release(self, instance: Instance) -> None:
        """Count a request as answered."""
        with self.changed:
            instance.outstanding -= 1
            self.changed.notify_all()

    def wait_for_none(self, instance: Instance, *, seconds: float) -> None:
        """Wait until an instance has no request in progress, for so long at most."""
        with self.changed:
            self.changed.wait_for(lambda: instance.outstanding == 0, timeout=seconds)
