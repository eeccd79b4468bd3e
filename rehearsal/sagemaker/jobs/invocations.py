"""Requests to a transform job's serving process, with its client's timeout and retries."""

import contextlib
import http.client
import json
import socket
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.store import Document

SUCCESS = (200, 204)


class InvocationFailed(Exception):
    """A request that was answered with an error, or not at all: who is to blame, and what was said."""

    def __init__(self, *, kind: str, what: str, message: str) -> None:
        super().__init__(f"{kind}: {what}")
        self.kind = kind
        self.what = what
        self.message = message


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoker:
    """Asks one server. A request is repeated when the server fails, not when it refuses what it was sent.

    `timeout_seconds` is measured on the clock.
    """

    url: str
    clock: Clock
    content_type: str | None = None
    accept: str | None = None
    timeout_seconds: float = 600
    most_retries: int = 3

    def invoke(self, body: bytes) -> bytes:
        """Return the answer's body.

        Raises:
            InvocationFailed: the server refused the request, or failed each time.

        """
        for _ in range(self.most_retries):
            try:
                return self._ask(body)
            except InvocationFailed as failure:
                if failure.kind == "ClientError":
                    raise
        return self._ask(body)

    def parameters(self) -> Document:
        """Return what the container says at /execution-parameters, or nothing if it has no such answer."""
        connection = self._connect()
        try:
            connection.request("GET", "/execution-parameters")
            response = connection.getresponse()
            said = response.read()
            found: Document = json.loads(said) if response.status == 200 else {}
        except (OSError, http.client.HTTPException, ValueError):
            # The endpoint is optional: "If the execution-parameters endpoint is not enabled" there are defaults.
            return {}
        finally:
            connection.close()
        return found

    def _ask(self, body: bytes) -> bytes:
        connection = self._connect()
        moment = self.clock.now() + timedelta(seconds=self.timeout_seconds)
        due = self.clock.at(moment=moment, run=lambda: _hang_up(connection))
        try:
            connection.request("POST", "/invocations", body=body, headers=self._headers())
            response = connection.getresponse()
            return _content(status=response.status, said=response.read())
        except (OSError, http.client.HTTPException) as error:
            what = "Unable to get response from algorithm"
            raise InvocationFailed(kind="AlgorithmError", what=what, message=str(error)) from error
        finally:
            due.cancel()
            connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=self.timeout_seconds)

    def _headers(self) -> dict[str, str]:
        given = {"Content-Type": self.content_type, "Accept": self.accept}
        return {name: value for name, value in given.items() if value is not None}


def _hang_up(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            # Whoever waits for the answer is woken; closing alone would let it wait.
            connection.sock.shutdown(socket.SHUT_RDWR)


def _content(*, status: int, said: bytes) -> bytes:
    if status in SUCCESS:
        return said
    kind = "ClientError" if 400 <= status < 500 else "AlgorithmError"
    raise InvocationFailed(kind=kind, what=str(status), message=said.decode(errors="replace"))
