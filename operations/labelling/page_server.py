"""The page on which people label, on a loopback port, for whoever has its key.

The page itself says nothing and is open to every program on the machine. What it shows it asks for with a key that is
in its address behind `#`, which no browser sends. Only requests to the server's own address are answered: another
site's page that a name leads here does not have that address as its host.
"""

import base64
import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from modelyard.drift.escaping import for_terminal
from modelyard.operations.data.images import pixels_of
from modelyard.operations.labelling.journal import Action, Journal, Stale
from modelyard.operations.labelling.pictures import as_png
from modelyard.operations.labelling.question import Question
from modelyard.shared.inline_page import NEVER_ELSEWHERE, read_inline_page

ADDRESS = "127.0.0.1"
KEY_HEADER = "X-Label-Key"
FILE = Path(__file__).with_name("page.html")
LARGEST_BODY = 10_000


class Refusal(Exception):
    """A request that is not answered as asked, with its status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class LabelServer(ThreadingHTTPServer):
    """Serves one session until somebody finishes it; `closed` is set once the page has been told so."""

    daemon_threads = True

    def __init__(self, *, journal: Journal, question: Question) -> None:
        super().__init__((ADDRESS, 0), _Handler)
        self.key = secrets.token_urlsafe(32)
        self.closed = threading.Event()
        self._finished = False
        self._journal = journal
        self._question = question
        self._lock = threading.Lock()
        self.origin = f"{ADDRESS}:{self.server_address[1]}"

    @property
    def url(self) -> str:
        """The page's address with its key."""
        return f"http://{self.origin}/#{self.key}"

    @property
    def is_finished(self) -> bool:
        """Whether somebody has finished the session."""
        return self._finished

    def state(self) -> dict[str, Any]:
        """Return how far the session is; nothing of what the model answered is in it."""
        session, answers = self._journal.session, self._journal.answers
        return {
            "model": session.model,
            "attribute": session.attribute,
            "classes": [*session.classes],
            "revision": self._journal.revision,
            "total": len(session.items),
            "labels": [_shown(answers.get(number)) for number in range(len(session.items))],
            "finished": self._finished,
        }

    def item(self, number: int) -> dict[str, Any]:
        """Return what is known of a record without its answer."""
        one = self._journal.session.items[number]
        cells = [[for_terminal(name), for_terminal("" if cell is None else cell)] for name, cell in one.cells.items()]
        pixels = None if one.picture is None else pixels_of(base64.b64decode(one.picture))
        picture = None if pixels is None else base64.b64encode(as_png(pixels)).decode()
        return {"number": number, "time": one.time, "cells": cells, "picture": picture}

    def answer(self, number: int) -> dict[str, Any]:
        """Return what the model answered."""
        one = self._journal.session.items[number]
        return {"answer": for_terminal(one.answer[:200]), "certainty": one.certainty}

    def act(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Note what somebody decided, and return the state after it.

        Raises:
            Refusal: it is no such action, no label, or was decided on before somebody went on in another tab.
        """
        with self._lock:
            if self._finished:
                raise Refusal(409, "the session is finished; close this page")
            action = self._action(request)
            try:
                self._journal.append(action, revision=request.get("revision", -1))
            except Stale as error:
                raise Refusal(409, "somebody went on in another tab; this one has been brought up to date") from error
            return self.state()

    def finish(self) -> dict[str, Any]:
        """End the session, once, and return its last state."""
        with self._lock:
            self._finished = True
            return self.state()

    def _action(self, request: Mapping[str, Any]) -> Action:
        act, item, label = request.get("act"), request.get("item"), request.get("label", "")
        total = len(self._journal.session.items)
        if act not in ("label", "skip", "undo") or type(item) is not int or not 0 <= item < total:
            raise Refusal(400, f"an action must be label, skip or undo of one of {total} items; reload the page")
        if act == "undo" and not self._journal.answers:
            raise Refusal(409, "there is nothing to take back")
        problem = self._question.problem(label) if act == "label" and isinstance(label, str) else None
        if not isinstance(label, str) or problem is not None:
            raise Refusal(400, problem if problem is not None else "a label must be a text; reload the page")
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return Action(act=act, item=item, label=label, seen=request.get("seen") is True, at=now)


class _Handler(BaseHTTPRequestHandler):
    server: LabelServer
    server_version, sys_version = "yard", ""
    timeout = 60

    def do_GET(self) -> None:
        """Answer the page, the state, an item or its answer."""
        if self.path == "/" and self.headers.get("Host") == self.server.origin:
            headers, content = read_inline_page(FILE)
            self._send(200, content, headers=headers)
            return
        found = re.fullmatch(r"/items/([0-9]{1,6})(/answer)?", self.path)
        if found is not None:
            number, of_answer = int(found[1]), found[2] is not None
            self._answer(lambda: self._item(number, of_answer=of_answer))
        elif self.path == "/state":
            self._answer(self.server.state)
        else:
            self._answer(_nothing)

    def do_POST(self) -> None:
        """Carry out an action, or finish."""
        posts: dict[str, Callable[[], dict[str, Any]]] = {
            "/actions": lambda: self.server.act(self._body()),
            "/finish": self.server.finish,
        }
        self._answer(posts.get(self.path, _nothing))
        if self.server.is_finished:
            self.server.closed.set()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own signature
        """Say nothing: the address of a request is no result of the command."""

    def _item(self, number: int, *, of_answer: bool) -> dict[str, Any]:
        if number >= self.server.state()["total"]:
            raise Refusal(404, "there is no such item")
        return self.server.answer(number) if of_answer else self.server.item(number)

    def _answer(self, make: Callable[[], dict[str, Any]]) -> None:
        try:
            self._check_caller()
            status, document = 200, make()
        except Refusal as refusal:
            status, document = refusal.status, {"message": str(refusal)}
        self._send(status, json.dumps(document).encode(), headers={"content-type": "application/json"})

    def _check_caller(self) -> None:
        if self.headers.get("Host") != self.server.origin:
            raise Refusal(403, f"only {self.server.origin} is answered")
        given = self.headers.get(KEY_HEADER, "")
        if not hmac.compare_digest(given.encode(), self.server.key.encode()):
            raise Refusal(403, "the key is missing or another's; open the address that yard label has printed")

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or not int(length) <= LARGEST_BODY:
            raise Refusal(413, f"an action must have at most {LARGEST_BODY:,} bytes")
        try:
            document = json.loads(self.rfile.read(int(length)))
        except ValueError as error:
            raise Refusal(400, "an action must be JSON") from error
        if not isinstance(document, dict):
            raise Refusal(400, "an action must be an object of JSON")
        return document

    def _send(self, status: int, content: bytes, *, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**NEVER_ELSEWHERE, **headers, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def _nothing() -> dict[str, Any]:
    raise Refusal(404, "there is nothing of this address")


def _shown(action: Action | None) -> str | None:
    """A label, an empty text for an item that was passed over, None for one that nobody has decided on."""
    return None if action is None else action.label if action.act == "label" else ""
