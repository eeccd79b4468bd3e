"""What was refused and why: every answer that is an error, whoever gave it."""

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import responses
from typing import Any
from xml.sax.saxutils import unescape

from modelyard.rehearsal.cloud.identities import OWN_AGENT
from modelyard.rehearsal.cloud.requests import Request, Send

MOST_KEPT = 200
LONGEST_MESSAGE = 2000
LARGEST_READ = 64 * 1024
IN_XML = re.compile(r"<(Code|Message)>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A refusal as its caller reads it."""

    operation: str
    code: str
    message: str


class RefusalLog:
    """The last refusals, each once with how often it came and when last."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: OrderedDict[Refused, tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, refused: Refused) -> None:
        """Keep a refusal; the one that has not come for the longest time is forgotten for it."""
        with self._lock:
            count, _ = self._kept.pop(refused, (0, None))
            self._kept[refused] = (count + 1, self._now())
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()

    def documents(self) -> list[dict[str, Any]]:
        """Return them, the last one last."""
        with self._lock:
            kept = list(self._kept.items())
        return [
            {
                "operation": refused.operation,
                "code": refused.code,
                "message": refused.message,
                "count": count,
                "time": last.isoformat(),
            }
            for refused, (count, last) in kept
        ]

    def watch(self, send: Send, *, request: Request, body: bytes) -> Send:
        """Return `send` that also keeps an answer that is an error; `body` is what was read of the request's."""
        status, code, content = 200, "", bytearray()

        async def send_and_watch(message: Any) -> None:
            nonlocal status, code
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {name.lower(): value for name, value in message.get("headers", ())}
                code = headers.get(b"x-amzn-errortype", b"").decode("latin-1").partition(":")[0]
            elif is_refusal(request, status=status):
                content.extend(message.get("body", b"")[: LARGEST_READ - len(content)])
                if not message.get("more_body", False):
                    found = read_error(bytes(content))
                    refused = Refused(
                        operation=request.action(body),
                        # A REST API may answer with a number that has no phrase.
                        code=found.get("code") or code or f"{status} {responses.get(status, '')}".rstrip(),
                        message=found.get("message", "")[:LONGEST_MESSAGE],
                    )
                    # A service that creates what is missing asks first; what its role lacks is the user's concern.
                    if OWN_AGENT not in request.headers.get("user-agent", "") or "AccessDenied" in refused.code:
                        self.add(refused)
            await send(message)

        return send_and_watch


def is_refusal(request: Request, *, status: int) -> bool:
    """Whether an answer refuses something; a client that asks by HEAD whether something is there is only answered."""
    return status >= 400 and not (request.method == "HEAD" and status == 404)


def read_error(content: bytes) -> Mapping[str, str]:
    """Return the `code` and the `message` of an error in JSON or XML, as far as it has them."""
    text = content.decode(errors="replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {name.lower(): unescape(value) for name, value in IN_XML.findall(text)}
    if not isinstance(document, dict):
        return {}
    members = {name.lower(): str(value) for name, value in document.items()}
    names = {"code": ("__type", "code"), "message": ("message",)}
    found = {name: next((members[one] for one in known if one in members), "") for name, known in names.items()}
    return found | {"code": found["code"].rpartition("#")[2]}
