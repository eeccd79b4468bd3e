"""What goes back to a client: errors in its protocol, and headers as it can bear them."""

import email.utils
import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import time_machine

from modelyard.rehearsal.cloud.requests import ADMINISTRATION, Refusal, Request, Send

JSON = "application/x-amz-json-1.1"
JAVASCRIPT = b"aws-sdk-js"


def with_own_headers(request: Request, *, send: Send) -> Send:
    """Return `send` with the headers of an answer corrected.

    * Those by which MiniStack lets every page read are left out; a REST API's own stay.
    * The Date is the time of the rehearsal's clock, but not for AWS's SDK for JavaScript, which the CDK CLI is made
      with: it takes a Date far from its own time for the reason of every error, and repeats the request for 45 seconds.
    """
    in_javascript = any(
        JAVASCRIPT in request.headers.get(name, "").encode() for name in ("user-agent", "x-amz-user-agent")
    )

    async def send_corrected(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", [])
            if request.rest_api is None:
                headers = [item for item in headers if not item[0].lower().startswith(b"access-control-")]
            if in_javascript:
                date = email.utils.formatdate(time_machine.escape_hatch.time.time(), usegmt=True).encode()
                headers = [*(item for item in headers if item[0].lower() != b"date"), (b"date", date)]
            message = {**message, "headers": headers}
        await send(message)

    return send_corrected


async def send_refusal(
    refusal: Refusal, *, headers: Mapping[str, str], path: str, send: Send, more: bool = False
) -> None:
    """Answer a request, of which `headers` and `path` say the protocol; `more` leaves its end to the caller."""
    code, message, kind = refusal.code, refusal.message, headers.get("content-type", "")
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if refusal.answer is not None:
        status, names, content = refusal.answer
    elif "x-amz-target" in headers or path.startswith(("/endpoints/", ADMINISTRATION)) or "json" in kind:
        document = {"__type": code, "message": message, "Message": message}
        names, content = {"content-type": JSON, "x-amzn-errortype": code}, json.dumps(document).encode()
    elif "form-urlencoded" in kind:
        # The older query protocol.
        text = f"<ErrorResponse><Error>{error}</Error><RequestId>0</RequestId></ErrorResponse>"
        names, content = {"content-type": "text/xml", "x-amzn-errortype": code}, text.encode()
    else:
        # S3's.
        names, content = (
            {"content-type": "application/xml", "x-amzn-errortype": code},
            f"<Error>{error}</Error>".encode(),
        )
    status = refusal.status if refusal.answer is None else status
    raw = [(name.lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in names.items()]
    kept = [(name, value) for name, value in raw if name != b"content-length"]
    length = (b"content-length", str(len(content)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*kept, length]})
    await send({"type": "http.response.body", "body": content, "more_body": more})
