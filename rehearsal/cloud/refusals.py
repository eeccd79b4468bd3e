"""Errors in the protocol of the request that they answer: JSON, S3's XML, or that of the older query protocol."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

JSON = "application/x-amz-json-1.1"
Send = Callable[[Any], Awaitable[None]]
Answer = tuple[int, Mapping[str, str], bytes]


class Refusal(Exception):
    """Why a request is not carried out; `answer` is what AWS's own service would say, where that is known."""

    def __init__(self, *, code: str, message: str, status: int = 403, answer: Answer | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.answer = answer


class Unauthenticated(Refusal):
    """A refusal because of a request's credentials, which each service words in its own way."""


async def send_refusal(
    refusal: Refusal, *, headers: Mapping[str, str], path: str, send: Send, more: bool = False
) -> None:
    """Answer a request, of which `headers` and `path` say the protocol; `more` leaves its end to the caller."""
    status, names, content = refusal.answer or _answer(refusal, headers=headers, path=path)
    raw = [(name.lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in names.items()]
    kept = [(name, value) for name, value in raw if name != b"content-length"]
    length = (b"content-length", str(len(content)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*kept, length]})
    await send({"type": "http.response.body", "body": content, "more_body": more})


def _answer(refusal: Refusal, *, headers: Mapping[str, str], path: str) -> Answer:
    code, message = refusal.code, refusal.message
    kind = headers.get("content-type", "")
    if "x-amz-target" in headers or path.startswith(("/endpoints/", "/_rehearsal/")) or "json" in kind:
        document = {"__type": code, "message": message, "Message": message}
        return refusal.status, {"content-type": JSON, "x-amzn-errortype": code}, json.dumps(document).encode()
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if "form-urlencoded" in kind:
        text = f"<ErrorResponse><Error>{error}</Error><RequestId>0</RequestId></ErrorResponse>"
        return refusal.status, {"content-type": "text/xml", "x-amzn-errortype": code}, text.encode()
    text = f"<Error>{error}</Error>"
    return refusal.status, {"content-type": "application/xml", "x-amzn-errortype": code}, text.encode()
