"""Requests to a transform job's serving processes, with its client's timeout and retries."""

import contextlib
import http.client
import json
import socket
from collections.abc import Sequence
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
    """Asks the servers of a model, one after the other: what one answers, the next is asked.

    A request is repeated when a server fails, not when it refuses what it was sent. The last alone is told what to
    answer in. `timeout_seconds` is measured on the clock, for each of them.
    """

    urls: Sequence[str]
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
                return self._pass(body)
            except InvocationFailed as failure:
                if failure.kind == "ClientError":
                    raise
        return self._pass(body)

    def parameters(self) -> Document:
        """Return what the first container says at /execution-parameters, or nothing if it has no such answer.

        Which of several AWS asks is not documented: the first is sent the records.
        """
        connection = self._connect(self.urls[0])
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

    def _pass(self, body: bytes) -> bytes:
        content_type = self.content_type
        *before, last = self.urls
        for url in before:
            body, content_type = self._ask(url, body=body, content_type=content_type, accept=None)
        return self._ask(last, body=body, content_type=content_type, accept=self.accept)[0]

    def _ask(self, url: str, *, body: bytes, content_type: str | None, accept: str | None) -> tuple[bytes, str | None]:
        """Return a server's answer and its content type."""
        connection = self._connect(url)
        headers = {"Content-Type": content_type, "Accept": accept}
        moment = self.clock.now() + timedelta(seconds=self.timeout_seconds)
        due = self.clock.at(moment=moment, run=lambda: _hang_up(connection))
        try:
            given = {name: value for name, value in headers.items() if value is not None}
            connection.request("POST", "/invocations", body=body, headers=given)
            response = connection.getresponse()
            content = _content(status=response.status, said=response.read())
            return content, response.headers.get("Content-Type")
        except (OSError, http.client.HTTPException) as error:
            what = "Unable to get response from algorithm"
            raise InvocationFailed(kind="AlgorithmError", what=what, message=str(error)) from error
        finally:
            due.cancel()
            connection.close()

    def _connect(self, url: str) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(urlsplit(url).netloc, timeout=self.timeout_seconds)


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
