"""The HTTP server of the local AWS."""

import asyncio
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

# For what is answered at once; what may take long has threads of its own (see bulkheads).
THREADS = 64


async def serve(*, app: Any, listener: socket.socket, ready: Callable[[], None], end: Callable[[], None]) -> None:
    """Answer on a socket that listens already, until SIGTERM or SIGINT.

    `ready` is called when it listens, and `end` before it stops: what ends may still write to what answers here.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=THREADS))
    ending = asyncio.Event()

    async def ended() -> None:
        await ending.wait()
        await asyncio.to_thread(end)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    # The socket listens: whoever asks from now on is answered, a little later than others.
    ready()
    await hypercorn_serve(app, config, shutdown_trigger=ended)
