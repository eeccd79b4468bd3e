"""The page of the local AWS: what there is, for a browser; and whether it answers, for a program that waits.

The page itself is open to every program on the machine, as it says nothing. What it shows it asks for with a key that
is made of the account's secret, and reads this alone.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelyard.rehearsal.cloud.requests import ADMINISTRATION, Request, Send
from modelyard.shared.inline_page import NEVER_ELSEWHERE, read_inline_page

HEALTH = f"{ADMINISTRATION}health"
OVERVIEW = f"{ADMINISTRATION}overview"
KEY_HEADER = "x-rehearsal-key"
FILE = Path(__file__).with_name("page.html")


def is_page(request: Request) -> bool:
    """Whether a browser asks for the page: at the same address S3 lists the buckets, for who signs."""
    return (
        (request.method, request.path, request.secure) == ("GET", "/", False)
        and not request.query
        and "authorization" not in request.headers
        and "text/html" in request.headers.get("accept", "")
        and request.bucket_of_host is None
        and request.rest_api is None
    )


class Page:
    """Answers a browser, and who asks whether there is an answer. Both callables return what JSON holds."""

    def __init__(self, *, health: Callable[[], Mapping[str, Any]], overview: Callable[[], Mapping[str, Any]]) -> None:
        self._documents = {HEALTH: health, OVERVIEW: overview}

    async def answer(self, request: Request, *, send: Send) -> bool:
        """Answer what the gate has let pass, and return whether it was meant for the page."""
        if is_page(request):
            headers, content = read_inline_page(FILE)
        elif request.method == "GET" and request.path in self._documents:
            document = await asyncio.to_thread(self._documents[request.path])
            headers, content = {"content-type": "application/json"}, json.dumps(document).encode()
        else:
            return False
        raw = [(name.encode(), value.encode()) for name, value in (NEVER_ELSEWHERE | headers).items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        await send({"type": "http.response.body", "body": content})
        return True
