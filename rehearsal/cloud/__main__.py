"""The process of the local AWS: `python -m modelyard.rehearsal.cloud --folder F --project P --region R --account A`.

It prints one line of JSON once it answers: the endpoint's address. The secret of the account's own credentials
comes in the environment, as every process can read another's arguments. SIGTERM ends it, and all that it
started.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from modelyard.rehearsal.cloud import engine
from modelyard.rehearsal.cloud.certificate import names_of_aws, write_certificate
from modelyard.rehearsal.cloud.proxy import start_proxy
from modelyard.rehearsal.cloud.state_folder import StateError, StateFolder
from modelyard.rehearsal.containers.local_commands import FILE, LocalCommands

ADDRESS = "127.0.0.1"
# For what is answered at once; what may take long has threads of its own (see bulkheads).
THREADS = 64


def main(arguments: Sequence[str]) -> int:
    """Read the arguments, answer, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m modelyard.rehearsal.cloud", description="The local AWS, one process."
    )
    parser.add_argument("--folder", type=Path, required=True, help="where jobs and endpoints have their trees")
    parser.add_argument("--project", type=Path, required=True, help=f"the folder that may hold {FILE}")
    parser.add_argument("--region", required=True)
    parser.add_argument("--account", required=True)
    parser.add_argument("--port", type=int, default=0, help="where to answer; 0 is one that the system chooses")
    parser.add_argument("--certificate", type=Path, help="where to write that of AWS's names, to answer these too")
    parser.add_argument("--state", type=Path, help="the folder that keeps what is there for the next start")
    options = parser.parse_args(arguments)
    try:
        with contextlib.nullcontext() if options.state is None else StateFolder(options.state) as state:
            return run(options, state=state)
    except StateError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def run(options: argparse.Namespace, *, state: StateFolder | None) -> int:
    """Answer until told to end, and return the exit code.

    Raises:
        StateError: what was kept cannot be read, or what is there cannot be kept.

    """
    saved = {} if state is None else state.read(region=options.region)
    secret = os.environ.pop(engine.SECRET)
    engine.prepare(key=options.account, secret=secret, region=options.region)
    # The server closes it.
    try:
        listener = socket.create_server((ADDRESS, options.port), backlog=512)
    except OSError as error:
        sys.stderr.write(f"port {options.port} must be one that is free, {error.strerror}; name another\n")
        return 1
    endpoint = f"http://{ADDRESS}:{listener.getsockname()[1]}"
    os.environ["GATEWAY_PORT"] = endpoint.rpartition(":")[2]
    named = None if options.certificate is None else Named.listening(options.certificate, region=options.region)
    # Only now: what MiniStack reads from the environment it reads when it is imported.
    from modelyard.rehearsal.cloud.local_aws import LocalAws

    def announce() -> None:
        proxy = None if named is None else f"http://{ADDRESS}:{named.proxy.getsockname()[1]}"
        sys.stdout.write(json.dumps({"endpoint": endpoint, "proxy": proxy}) + "\n")
        sys.stdout.flush()

    with LocalAws(
        endpoint=endpoint,
        account=options.account,
        secret=secret,
        region=options.region,
        folder=options.folder,
        commands=LocalCommands(file=options.project / FILE),
        saved=saved,
    ) as local_aws:

        def end() -> None:
            if state is None:
                local_aws.close()
            else:
                state.write(local_aws.close_and_save(), region=options.region)

        asyncio.run(serve(app=local_aws.app, listener=listener, named=named, ready=announce, end=end))
    return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """How those are answered who name an address of AWS's: a socket by https, and that of the proxy before it."""

    secure: socket.socket
    proxy: socket.socket
    certificate: Path
    key: Path

    @classmethod
    def listening(cls, certificate: Path, *, region: str) -> Self:
        """Return sockets that listen, with a certificate that is written to the file and its key beside it."""
        secure, proxy = (socket.create_server((ADDRESS, 0), backlog=512) for _ in range(2))
        key = certificate.with_suffix(".key")
        write_certificate(certificate=certificate, key=key, names=names_of_aws(region=region))
        return cls(secure=secure, proxy=proxy, certificate=certificate, key=key)


async def serve(
    *,
    app: Any,
    listener: socket.socket,
    named: Named | None,
    ready: Callable[[], None],
    end: Callable[[], None],
) -> None:
    """Answer on sockets that listen already, until SIGTERM or SIGINT.

    `ready` is called when it listens, and `end` before it stops: what ends may still write to what answers here.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=THREADS))
    ending = asyncio.Event()

    async def await_end() -> None:
        await ending.wait()
        await asyncio.to_thread(end)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    if named is not None:
        config.insecure_bind, config.bind = config.bind, [f"fd://{named.secure.fileno()}"]
        config.certfile, config.keyfile = str(named.certificate), str(named.key)
        await start_proxy(listener=named.proxy, secure_port=named.secure.getsockname()[1])
    # The socket listens: whoever asks from now on is answered, a little later than others.
    ready()
    await hypercorn_serve(app, config, shutdown_trigger=await_end)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    # All is closed by now. The interpreter's own way out collects what threads in the midst of a rollout still hold,
    # and was seen to take longer than its owner waits.
    sys.stdout.flush()
    os._exit(code)
