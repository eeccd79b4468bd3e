"""Where alerts arrive: an address on the loopback, subscribed to the stage's topic as a pager would be."""

import http.server
import json
import threading
from types import TracebackType
from typing import Any, Self

from modelyard.rehearsal.session import Connection

ADDRESS = "127.0.0.1"


class NotConfirmed(Exception):
    """A subscription that did not come about."""


class SnsWebhookReceiver:
    """An HTTP address that confirms its subscription and keeps what arrives."""

    def __init__(self, *, connection: Connection) -> None:
        self._connection = connection
        self._messages: list[dict[str, Any]] = []
        self._confirmed: set[str] = set()
        self._arrived = threading.Condition()
        self._server = http.server.ThreadingHTTPServer((ADDRESS, 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, name="alerts", daemon=True).start()

    def subscribe(self, *, topic: str, seconds: float = 20) -> None:
        """Have a topic's messages delivered here, from the moment at which this returns.

        Raises:
            NotConfirmed: the topic has not asked for the confirmation in time.

        """
        url = f"http://{ADDRESS}:{self._server.server_port}/"
        self._connection.client("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
        with self._arrived:
            if not self._arrived.wait_for(lambda: topic in self._confirmed, timeout=seconds):
                raise NotConfirmed(f"{topic} must ask {url} to confirm, it has not within {seconds:g} s")

    def wait(self, *, about: str, seconds: float = 20) -> str | None:
        """Return the subject of the newest message whose subject has a word, or None if none comes in time."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._about(about) is not None, timeout=seconds)
            return self._about(about)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _about(self, word: str) -> str | None:
        subjects = [message.get("Subject", "") for message in reversed(self._messages)]
        return next((subject for subject in subjects if word in subject), None)

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("Type") == "SubscriptionConfirmation":
            topic, token = message["TopicArn"], message["Token"]
            self._connection.client("sns").confirm_subscription(TopicArn=topic, Token=token)
            with self._arrived:
                self._confirmed.add(topic)
                self._arrived.notify_all()
            return
        with self._arrived:
            self._messages.append(message)
            self._arrived.notify_all()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        alerts = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.end_headers()
                alerts._take(json.loads(body))

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002, ARG002 - the base class's name
                return

        return Handler
