"""The Date of an answer, which is the time of the rehearsal's clock, but for clients that cannot bear it.

AWS's SDK for JavaScript, which the CDK CLI is made with, takes a Date far from its own time as the reason of
every error, and repeats the request for three quarters of a minute: each question whether a stack exists.
"""

import email.utils
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import time_machine

Send = Callable[[Any], Awaitable[None]]
JAVASCRIPT = b"aws-sdk-js"


def dated_for_javascript(*, scope: MutableMapping[str, Any], send: Send) -> Send:
    """Return `send`, or for a client in JavaScript one that dates answers by the real time."""
    if not any(JAVASCRIPT in value for name, value in scope["headers"] if name in (b"user-agent", b"x-amz-user-agent")):
        return send

    async def dated(message: Any) -> None:
        if message["type"] == "http.response.start":
            kept = [(name, value) for name, value in message.get("headers", []) if name.lower() != b"date"]
            message = {**message, "headers": [*kept, (b"date", _real_date())]}
        await send(message)

    return dated


def _real_date() -> bytes:
    return email.utils.formatdate(time_machine.escape_hatch.time.time(), usegmt=True).encode()
