"""What no AWS has, below /_rehearsal: a clock that is moved, faults, quotas that are set, and what there is to tell."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud.decisions import Decisions
from modelyard.rehearsal.cloud.fault_answers import body_of
from modelyard.rehearsal.cloud.faults import Faults
from modelyard.rehearsal.faults import Fault
from modelyard.rehearsal.sagemaker.errors import ServiceError

PLACE = "/_rehearsal/"


class Controls:
    """Answers whoever started the local AWS: each control takes a body of JSON and returns a document."""

    def __init__(
        self,
        *,
        clock: Clock,
        flush: Callable[[], None],
        ignored: Callable[[], Mapping[str, Sequence[str]]],
        grant: Callable[..., None],
        faults: Faults,
        decisions: Decisions,
    ) -> None:
        self._clock = clock
        self._flush = flush
        self._grant = grant
        self._faults = faults
        self._controls: dict[str, Callable[[bytes], dict[str, Any]]] = {
            "now": self._now,
            "advance": self._advance,
            "flush": self._flushed,
            "ignored": lambda _: {"ignored": ignored()},
            "grant": self._granted,
            "fault": self._fault,
            "faults": lambda _: {"faults": faults.documents()},
            "mend": self._mend,
            "decisions": lambda _: {"decisions": decisions.take()},
        }

    async def answer(
        self,
        *,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Do what a request's path asks for; 400 with a message for what cannot be."""
        body = await body_of(receive)
        try:
            status, answer = 200, await asyncio.to_thread(self._done, scope["path"][len(PLACE) :], body)
        except (ValueError, KeyError, TypeError, ServiceError) as error:
            status, answer = 400, {"message": str(error)}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _done(self, action: str, body: bytes) -> dict[str, Any]:
        if action not in self._controls:
            raise ValueError(f"there is no {PLACE}{action}; ask for one of {', '.join(self._controls)}")
        return self._controls[action](body)

    def _now(self, _body: bytes = b"") -> dict[str, Any]:
        return {"now": self._clock.now().isoformat()}

    def _advance(self, body: bytes) -> dict[str, Any]:
        self._clock.advance(seconds=float(json.loads(body)["seconds"]))
        return self._now()

    def _flushed(self, _body: bytes) -> dict[str, Any]:
        self._flush()
        return self._now()

    def _granted(self, body: bytes) -> dict[str, Any]:
        asked = json.loads(body)
        self._grant(service=asked["service"], name=asked["name"], value=float(asked["value"]))
        return self._now()

    def _fault(self, body: bytes) -> dict[str, Any]:
        self._faults.add(Fault.read(json.loads(body)))
        return self._now()

    def _mend(self, _body: bytes) -> dict[str, Any]:
        self._faults.clear()
        return self._now()
