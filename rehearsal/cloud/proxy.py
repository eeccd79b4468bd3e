"""A proxy that leads to this local AWS whoever names an address of AWS's: SageMaker's SDKs name that of STS themselves.

It stands before a port that answers by https with a certificate of its own, which the SDKs trust by AWS_CA_BUNDLE.
Other addresses are reached as without it.
"""

import asyncio
import contextlib
import re
import socket

ADDRESS = "127.0.0.1"
LONGEST_HEAD, PATIENCE_SECONDS = 8192, 30
CONNECT = re.compile(rb"CONNECT (?P<host>[A-Za-z0-9.-]+):(?P<port>\d{1,5}) HTTP/1\.[01]\r\n")
OF_AWS = re.compile(r"(?:.+\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws)", re.IGNORECASE)
PART = 65536


async def start_proxy(*, listener: socket.socket, secure_port: int) -> asyncio.Server:
    """Answer on a socket that listens already; what is meant for AWS goes to the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whoever sends something else than a head, or nothing, is not answered.
        unasked = (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, OSError)
        with contextlib.closing(writer), contextlib.suppress(*unasked):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE_SECONDS)
            await _lead(head, reader=reader, writer=writer, secure_port=secure_port)

    return await asyncio.start_server(answer, sock=listener, limit=LONGEST_HEAD)


async def _lead(head: bytes, *, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secure_port: int) -> None:
    asked = CONNECT.match(head)
    if asked is None:
        writer.write(b"HTTP/1.1 405 this proxy takes CONNECT alone\r\nContent-Length: 0\r\n\r\n")
        return
    host, port = asked["host"].decode(), int(asked["port"])
    place = (ADDRESS, secure_port) if OF_AWS.fullmatch(host) else (host, port)
    try:
        far_reader, far_writer = await asyncio.wait_for(asyncio.open_connection(*place), PATIENCE_SECONDS)
    except (OSError, OverflowError, TimeoutError):
        writer.write(b"HTTP/1.1 502 that address does not answer\r\nContent-Length: 0\r\n\r\n")
        return
    with contextlib.closing(far_writer):
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        both = [_copy(reader, far_writer), _copy(far_reader, writer)]
        # The end of the one is that of the other: no client of a tunnel ends its half alone.
        _, left = await asyncio.wait(map(asyncio.ensure_future, both), return_when=asyncio.FIRST_COMPLETED)
        for one in left:
            one.cancel()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(PART):
            writer.write(part)
            await writer.drain()
