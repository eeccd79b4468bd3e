"""The process of the local AWS: `python -m modelyard.rehearsal.cloud --folder F --region R --account A`.

It prints one line of JSON once it answers: the endpoint's address. The secret of the account's own credentials
comes in the environment, as every process can read another's arguments. SIGTERM ends it, and all that it
started.
"""

import argparse
import asyncio
import json
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from modelyard.rehearsal.cloud import engine

ADDRESS = "127.0.0.1"


def main(arguments: Sequence[str]) -> int:
    """Answer until told to end, and return the exit code."""
    options = _options(arguments)
    secret = os.environ.pop(engine.SECRET)
    engine.prepare(key=options.account, secret=secret, region=options.region)
    # The server closes it.
    listener = socket.create_server((ADDRESS, 0), backlog=512)
    endpoint = f"http://{ADDRESS}:{listener.getsockname()[1]}"
    os.environ["GATEWAY_PORT"] = endpoint.rpartition(":")[2]
    # Only now: what MiniStack reads from the environment it reads when it is imported.
    from modelyard.rehearsal.cloud.local_aws import LocalAws
    from modelyard.rehearsal.cloud.server import serve

    with LocalAws(
        endpoint=endpoint, account=options.account, secret=secret, region=options.region, folder=options.folder
    ) as local_aws:
        asyncio.run(serve(app=local_aws.app, listener=listener, ready=lambda: _announce(endpoint), end=local_aws.close))
    return 0


def _announce(endpoint: str) -> None:
    sys.stdout.write(json.dumps({"endpoint": endpoint}) + "\n")
    sys.stdout.flush()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m modelyard.rehearsal.cloud", description="The local AWS, one process."
    )
    parser.add_argument("--folder", type=Path, required=True, help="where jobs and endpoints have their trees")
    parser.add_argument("--region", required=True)
    parser.add_argument("--account", required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    # All is closed by now. The interpreter's own way out collects what threads in the midst of a rollout still hold,
    # and was seen to take longer than its owner waits.
    sys.stdout.flush()
    os._exit(code)
