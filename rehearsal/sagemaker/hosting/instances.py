"""One instance of an endpoint: a serving process, and the connections that are kept open to it."""

import http.client
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.rehearsal.containers.environment import ADDRESS
from modelyard.rehearsal.containers.servers import ModelServer

# "A customer's model containers must respond to requests within 60 seconds."
ANSWER_SECONDS = 60.0
CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
BROKEN = (ConnectionError, http.client.HTTPException)


class InstanceGoneError(Exception):
    """The instance takes no connections any more: the request can go to another one."""


class ContainerFaultError(Exception):
    """The container was sent the request and did not answer it."""

    def __init__(self, message: str, *, timed_out: bool) -> None:
        super().__init__(message)
        self.timed_out = timed_out


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerAnswer:
    """What a container answered, and after how many seconds.

    `setup_seconds` is what a serverless variant's container took to start, where this request had it started.
    """

    status: int
    content_type: str
    body: bytes
    custom_attributes: str | None
    seconds: float
    setup_seconds: float = 0.0


class Instance:
    """A serving process that has passed its health check.

    `outstanding` is how many requests it is answering; who sends requests counts them, under a lock of its own.
    `setup_seconds` is how long it took to start.
    """

    def __init__(self, *, name: str, server: ModelServer, setup_seconds: float = 0.0) -> None:
        self.name = name
        self.setup_seconds = setup_seconds
        self.outstanding = 0
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
        if connection is not None:
            if connection.timeout != seconds:
                connection.timeout = seconds
                connection.sock.settimeout(seconds)
            try:
                return self._exchange(connection, body=body, headers=headers, started=started)
            except BROKEN:
                # An idle connection may have been closed at the other end; that says nothing of the instance.
                self._idle.clear()
        connection = http.client.HTTPConnection(ADDRESS, self._server.port, timeout=seconds)
        try:
            connection.connect()
        except OSError as error:
            raise InstanceGoneError(f"{self.name} takes no connections: {error}") from error
        try:
            return self._exchange(connection, body=body, headers=headers, started=started)
        except BROKEN as error:
            raise ContainerFaultError(f"the connection to the container broke: {error}", timed_out=False) from error

    def stop(self, *, grace: float = 30) -> None:
        """End the process, after `grace` seconds at most for the requests in progress."""
        self._server.stop(grace=grace)
        while (connection := self._take_idle()) is not None:
            connection.close()

    def _take_idle(self) -> http.client.HTTPConnection | None:
        try:
            return self._idle.pop()
        except IndexError:
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
            raise ContainerFaultError(f"no answer within {connection.timeout:g} s", timed_out=True) from error
        except BaseException:
            connection.close()
            raise
        if not answer.will_close:
            self._idle.append(connection)
        return ContainerAnswer(
            status=answer.status,
            content_type=answer.headers.get("Content-Type", ""),
            body=content,
            custom_attributes=answer.headers.get(CUSTOM_ATTRIBUTES),
            seconds=time.perf_counter() - started,
        )


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
