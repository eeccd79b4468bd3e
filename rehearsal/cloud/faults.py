"""Faults before the services: where rules are kept, and each call is held against them."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from modelyard.rehearsal.cloud.ministack import app, iam
from modelyard.rehearsal.cloud.requests import Refusal, Request, Send
from modelyard.rehearsal.cloud.responses import send_refusal
from modelyard.rehearsal.faults import Fault
from modelyard.rehearsal.sagemaker.errors import ServiceError

CLOUDFORMATION = "cloudformation"


@dataclass(kw_only=True, slots=True)
class Rule:
    """A fault with how often it was hit, and when it ends."""

    fault: Fault
    until: datetime | None
    hits: int = 0

    def over(self, now: datetime) -> bool:
        """Whether nothing goes wrong by it any more."""
        spent = self.fault.times is not None and self.hits >= self.fault.times
        return spent or (self.until is not None and now >= self.until)


class Faults:
    """The rules of one local AWS; without any, no call is looked at."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._rules: list[Rule] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Have calls go wrong from now on."""
        until = None if fault.seconds is None else self._now() + timedelta(seconds=fault.seconds)
        with self._lock:
            self._rules.append(Rule(fault=fault, until=until))

    def clear(self) -> None:
        """Have everything go right again."""
        with self._lock:
            self._rules.clear()

    def documents(self) -> list[dict[str, Any]]:
        """Return every rule since the last `clear`, with its `hits` and whether it is `over`."""
        with self._lock:
            now = self._now()
            return [rule.fault.document | {"hits": rule.hits, "over": rule.over(now)} for rule in self._rules]

    def match(self, *, action: str, caller: str, text: str) -> Fault | None:
        """Return what is to go wrong with a call, by the first rule that matches it, and count the hit."""
        with self._lock:
            now = self._now()
            for rule in self._rules:
                if not rule.over(now) and rule.fault.matches(action=action, caller=caller, text=text):
                    rule.hits += 1
                    return rule.fault
        return None

    def refuse(self, *, action: str, text: str) -> None:
        """Fail a call that CloudFormation makes for a resource, which no request stands for, if a rule matches it.

        Raises:
            ServiceError: the rule's error.

        """
        fault = self.match(action=action, caller=CLOUDFORMATION, text=text)
        if fault is not None and fault.error is not None:
            raise ServiceError(code=fault.error, message=fault.message, status=fault.status)

    async def answer(self, request: Request, *, body: bytes, send: Send) -> bool:
        """Keep a call waiting, answer it with an error or drop it, as a rule says; return whether it is answered."""
        fault = self._match_request(request, body=body) if self._rules else None
        if fault is None:
            return False
        await asyncio.sleep(fault.delay)
        if fault.drop:
            # To promise an answer and end the connection: there is no gentler word for it in ASGI.
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        elif fault.error is not None:
            refusal = Refusal(code=fault.error, message=fault.message, status=fault.status)
            await send_refusal(refusal, headers=request.headers, path=request.path, send=send)
        return fault.drop or fault.error is not None

    def _match_request(self, request: Request, *, body: bytes) -> Fault | None:
        caller = iam.session_arn(app.extract_access_key_id(dict(request.headers), dict(request.query)))
        text = request.path + "\n" + body.decode(errors="replace")
        return self.match(action=request.action(body), caller="root" if caller is None else caller, text=text)
