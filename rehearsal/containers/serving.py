"""The program that serves one model: `python -m modelyard.rehearsal.containers.serving TREE --program train.py`.

It answers GET /ping, POST /invocations and GET /execution-parameters on 127.0.0.1, several requests at a
time, and prints `serving on http://127.0.0.1:PORT` once the model is loaded. SIGTERM ends it after the
requests in progress.

Source: "Custom Inference Code with Hosting Services" and "... with Batch Transform" in AWS's developer guide.
"""

import argparse
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol

from modelyard.rehearsal.containers.ending import Ending
from modelyard.rehearsal.containers.environment import ADDRESS, ANNOUNCEMENT, ContainerTree
from modelyard.rehearsal.containers.saved_models import load_saved_model, version_folder
from modelyard.rehearsal.containers.scripts import (
    Answer,
    RequestError,
    ScriptError,
    ScriptModel,
    load_script,
)
from modelyard.rehearsal.containers.serving_defaults import JSON
from modelyard.rehearsal.containers.tensorflow_handlers import load_handlers
from modelyard.shared.container_families import DEFAULT_ACCEPT, SCRIPT_FAMILIES, TENSORFLOW, ContainerFamily

MEGABYTE = 1024**2
IDLE_SECONDS = 60.0
FINISH_SECONDS = 60.0
# What is read and thrown away of a body that is too large, so that its sender gets to read why.
DISCARDED = 64 * MEGABYTE


class Servable(Protocol):
    """A model that answers requests."""

    def answer(self, *, body: bytes, content_type: str, accept: str) -> Answer:
        """Answer one request, or raise RequestError."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a container holds its callers to: the longest body in bytes, None for any.

    `parameters` answers GET /execution-parameters, None where the container has no such path.
    """

    most_bytes: int | None = None
    parameters: Callable[[], object] | None = None

    @classmethod
    def told(cls, *, most_bytes: int) -> "Limits":
        """Return the limits of a container that tells them: several records at once, a request for each processor."""
        document = {
            "MaxConcurrentTransforms": os.cpu_count(),
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": most_bytes // MEGABYTE,
        }
        return cls(most_bytes=most_bytes, parameters=lambda: document)


class ModelHTTPServer(ThreadingHTTPServer):
    """A server of one model, with a thread a connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *, model: Servable, limits: Limits, port: int) -> None:
        super().__init__((ADDRESS, port), _Handler)
        self.model = model
        self.limits = limits
        self._idle = threading.Condition()
        self._in_progress = 0

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://{ADDRESS}:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Report what went wrong outside a request's own answer; a caller that hung up is nothing to report."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # as it came from there

    def begin_request(self) -> None:
        """Count a request that is being answered."""
        with self._idle:
            self._in_progress += 1

    def end_request(self) -> None:
        """Count a request as answered."""
        with self._idle:
            self._in_progress -= 1
            self._idle.notify_all()

    def finish(self) -> None:
        """Take no more connections, and wait for the requests in progress."""
        self.shutdown()
        with self._idle:
            self._idle.wait_for(lambda: self._in_progress == 0, timeout=FINISH_SECONDS)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ModelHTTPServer
    protocol_version = "HTTP/1.1"
    server_version = "modelyard"
    sys_version = ""
    timeout = IDLE_SECONDS
    # Status, headers and body leave in one packet: with two, a delayed acknowledgement costs 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer /ping and /execution-parameters."""
        if self.path == "/ping":
            self._send(Answer(body=b"", content_type="application/json"))
        elif self.path == "/execution-parameters" and self.server.limits.parameters is not None:
            told = self.server.limits.parameters()
            body = told if isinstance(told, str) else json.dumps(told)
            self._send(Answer(body=body.encode(), content_type="application/json"))
        else:
            self._send(_refusal(status=405 if self.path == "/invocations" else 404, reason=self._not_served()))

    def do_POST(self) -> None:
        """Answer /invocations."""
        self.server.begin_request()
        try:
            self._send(self._invoke())
            self.wfile.flush()
        finally:
            self.server.end_request()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own signature
        """Say nothing: an access log costs more than a prediction."""

    def _invoke(self) -> Answer:
        try:
            if self.path != "/invocations":
                self.close_connection = True
                return _refusal(status=405 if self.path == "/ping" else 404, reason=self._not_served())
            return self.server.model.answer(
                body=self._body(),
                content_type=self.headers.get("Content-Type", ""),
                accept=self.headers.get("Accept", ""),
            )
        except RequestError as error:
            return _refusal(status=error.status, reason=str(error))
        except Exception as error:  # noqa: BLE001 - whatever a script raises is a 500, and the server goes on
            traceback.print_exc()
            return _refusal(status=500, reason=f"{type(error).__name__}: {error}")

    def _body(self) -> bytes:
        """Read the body; where it cannot be read whole, the connection ends with the answer."""
        text = self.headers.get("Content-Length")
        if text is None:
            self.close_connection = True
            raise RequestError(status=411, reason="Content-Length must be given, got none; send the body in one piece")
        if not text.isdecimal():
            self.close_connection = True
            raise RequestError(status=400, reason=f"Content-Length must be a whole number, got {text!r}")

        length, limit = int(text), self.server.limits.most_bytes
        if limit is not None and length > limit:
            self.close_connection = True
            left = min(length, DISCARDED)
            while left > 0 and (piece := self.rfile.read(min(left, MEGABYTE))):
                left -= len(piece)
            raise RequestError(
                status=413,
                reason=f"the body must be at most {limit / MEGABYTE:g} MB, got {length} bytes; send fewer rows",
            )

        try:
            body = self.rfile.read(length)
        except TimeoutError:
            body = b""
        if len(body) < length:
            # What is missing may still come, and would be taken for the next request.
            self.close_connection = True
            raise RequestError(status=400, reason=f"the body must have the {length} bytes that Content-Length says")
        return body

    def _not_served(self) -> str:
        served = "POST /invocations, GET /ping and GET /execution-parameters"
        return f"{self.command} {self.path} is not served; the server answers {served}"

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        if answer.body:
            self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)


def _refusal(*, status: int, reason: str) -> Answer:
    return Answer(status=status, body=reason.encode(), content_type="text/plain; charset=utf-8")


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code: 1 after a sentence for a bad model."""
    options = _options(arguments)
    family, program = SCRIPT_FAMILIES.get(options.family), options.program
    try:
        model = _load(ContainerTree(root=options.tree.resolve()), program=program, family=family)
        limits = _limits(model=model, program=program, family=family, most_bytes=options.payload_megabytes * MEGABYTE)
    except (ScriptError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    serve(ModelHTTPServer(model=model, limits=limits, port=options.port))
    return 0


def serve(server: ModelHTTPServer) -> None:
    """Serve until a signal says to end."""
    ending = Ending(signal.SIGTERM, signal.SIGINT)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    print(f"{ANNOUNCEMENT}{server.url}", flush=True)
    ending.wait()
    server.finish()


def _load(tree: ContainerTree, *, program: str | None, family: ContainerFamily | None) -> Servable:
    """Load the script's model, or what the model's folder holds; a framework is imported only where its model is."""
    if program is not None:
        fixed = family is not None and family.answers_json
        accept = JSON if fixed else os.environ.get(DEFAULT_ACCEPT, JSON)
        return load_script(program=program, tree=tree, default_accept=accept, family=family)
    saved = version_folder(model=tree.model)
    if saved is not None:
        model = load_saved_model(folder=saved)
        handlers = tree.code / str(TENSORFLOW.serving_program)
        return load_handlers(program=handlers, model=model) if family is TENSORFLOW and handlers.is_file() else model
    if family is TENSORFLOW:
        raise ScriptError(f"no SavedModel bundles found! {tree.model} must hold a version folder with saved_model.pb")
    from modelyard.rehearsal.containers.xgboost_serving import load_algorithm

    return load_algorithm(model=tree.model, environment=os.environ)


def _limits(*, model: Servable, program: str | None, family: ContainerFamily | None, most_bytes: int) -> Limits:
    """Return what a family's container holds its callers to; `most_bytes` is for an image of the user's own."""
    if family is None:
        return Limits.told(most_bytes=most_bytes)
    limit = family.own_body_limit if program is None else family.script_body_limit
    most = None if limit is None else int(os.environ.get(limit.variable, limit.bytes))
    if program is None:
        return Limits() if most is None else Limits.told(most_bytes=most)
    name = family.parameters_function
    function = getattr(model.module, name, None) if name is not None and isinstance(model, ScriptModel) else None
    return Limits(most_bytes=most, parameters=function)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m modelyard.rehearsal.containers.serving")
    parser.add_argument("tree", type=Path, help="the folder that stands for /opt/ml: code/ and model/ are in it")
    parser.add_argument(
        "--program", help="the script under code/; leave out for a SavedModel or XGBoost's own algorithm"
    )
    parser.add_argument(
        "--family", choices=list(SCRIPT_FAMILIES), help="whose image it is; leave out for an image of one's own"
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, lets the system choose")
    parser.add_argument(
        "--payload-megabytes", type=int, default=6, help="the largest body of an image of one's own (default 6)"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
