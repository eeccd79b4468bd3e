"""The page of the local AWS: what there is, for a browser; and whether it answers, for a program that waits.

The page itself is open to every program on the machine, as it says nothing. What it shows it asks for with a key that
is made of the account's secret, and reads this alone.
"""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelyard.rehearsal.cloud.requests import ADMINISTRATION, Request, Send

HEALTH = f"{ADMINISTRATION}health"
OVERVIEW = f"{ADMINISTRATION}overview"
KEY_HEADER = "x-rehearsal-key"
FILE = Path(__file__).with_name("page.html")
INLINE = re.compile(r"<(style|script)>(.*?)</\1>", re.DOTALL)
# Whoever opens an answer in a browser gets a page that takes nothing from elsewhere, and is in no frame.
HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


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
            headers, content = read_page()
        elif request.method == "GET" and request.path in self._documents:
            document = await asyncio.to_thread(self._documents[request.path])
            headers, content = {"content-type": "application/json"}, json.dumps(document).encode()
        else:
            return False
        raw = [(name.encode(), value.encode()) for name, value in (HEADERS | headers).items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        await send({"type": "http.response.body", "body": content})
        return True


def read_page() -> tuple[dict[str, str], bytes]:
    """Return the page, and the headers by which its own style and script work and nothing else does."""
    page = FILE.read_text(encoding="utf-8")
    hashes = {
        kind: "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in INLINE.findall(page)
    }
    policy = (
        f"default-src 'none'; style-src '{hashes['style']}'; script-src '{hashes['script']}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {"content-type": "text/html; charset=utf-8", "content-security-policy": policy}, page.encode()
