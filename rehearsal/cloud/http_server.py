"""The server of HTTP before the local AWS, on sockets that listen already, by http and by https.

It answers as uvicorn does with httptools and uvloop, and holds its callers to what a server of AWS's would: what a
request says of itself is not believed, and its headers have an end.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# As much as AWS's load balancers take of a request's line and headers, in bytes ("Quotas for your Application Load
# Balancers" in the Elastic Load Balancing user guide).
LARGEST_HEAD = 64 * 1024
KEPT_OPEN_SECONDS = 75
GRACE_SECONDS = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """A socket that listens, and the certificate and key with which https is spoken there; None for http."""

    place: socket.socket
    certificate: tuple[Path, Path] | None = None


class BoundedHeadProtocol(HttpToolsProtocol):
    """A connection that ends where a request's line and headers do not: uvicorn would keep them as they come."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin before the first request."""
        super().connection_made(transport)
        self._in_head = False
        self._head_bytes = 0

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """End to count."""
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Read a piece, and refuse it if the head that it belongs to has grown too large."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD and not self.transport.is_closing():
                self.send_400_response(f"The request's line and headers must have at most {LARGEST_HEAD} bytes.")


class _Server(uvicorn.Server):
    """A server that ends with an event: the process's signals end more than this one."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ending = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait, and not look ten times a second whether it is to end."""
        await self.ending.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


async def answer(*, app: Any, listeners: list[Listener], until: Callable[[], Awaitable[None]]) -> None:
    """Have an ASGI application answer at each place until `until` returns; what is being answered then is answered."""
    servers = [_Server(_settings(app=app, listener=listener)) for listener in listeners]
    async with asyncio.TaskGroup() as running:
        for server, listener in zip(servers, listeners, strict=True):
            running.create_task(server.serve(sockets=[listener.place]))
        await until()
        for server in servers:
            server.ending.set()


def _settings(*, app: Any, listener: Listener) -> uvicorn.Config:
    certificate, key = (None, None) if listener.certificate is None else listener.certificate
    return uvicorn.Config(
        app,
        http=BoundedHeadProtocol,
        ws="none",
        # No proxy stands before it whose headers could be believed.
        proxy_headers=False,
        # Nothing is left of the request before on the same connection: as whom MiniStack took its caller.
        reset_contextvars=True,
        # The application dates its answers, by the rehearsal's clock.
        date_header=False,
        server_header=False,
        # Its warnings are of what clients do, and they are told themselves.
        log_config=None,
        log_level="error",
        access_log=False,
        timeout_keep_alive=KEPT_OPEN_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        # An application begins and ends once, however many places it answers at.
        lifespan="on" if listener.certificate is None else "off",
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
