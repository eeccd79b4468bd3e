"""What no AWS has, below /_rehearsal: a clock that is moved, faults, quotas that are set, and what there is to tell."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud.documents import document_of
from modelyard.rehearsal.cloud.faults import Faults
from modelyard.rehearsal.cloud.iam_decision_log import IamDecisionLog
from modelyard.rehearsal.cloud.requests import Send
from modelyard.rehearsal.faults import Fault
from modelyard.rehearsal.sagemaker.errors import ServiceError

# Every minute on the way is kept: a year is half a million of them.
FURTHEST_SECONDS = 366 * 24 * 3600
LARGEST_QUOTA = 1e9


class AdminApi:
    """Answers whoever started the local AWS: each control takes a document and returns one."""

    def __init__(
        self,
        *,
        clock: Clock,
        flush: Callable[[], None],
        ignored: Callable[[], Mapping[str, Sequence[str]]],
        grant: Callable[..., None],
        faults: Faults,
        decisions: IamDecisionLog,
    ) -> None:
        self._clock = clock
        self._flush = flush
        self._grant = grant
        self._faults = faults
        self._controls: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
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

    async def answer(self, *, action: str, body: bytes, send: Send) -> None:
        """Do what is asked for by its name; 400 with a message for what cannot be."""
        try:
            status, answer = 200, await asyncio.to_thread(self._done, action, body)
        except (ValueError, OverflowError, ServiceError) as error:
            status, answer = 400, {"message": str(error)}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _done(self, action: str, body: bytes) -> dict[str, Any]:
        if action not in self._controls:
            raise ValueError(f"there is no control {action}; ask for one of {', '.join(self._controls)}")
        return self._controls[action](document_of(body))

    def _now(self, _asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"now": self._clock.now().isoformat()}

    def _advance(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        seconds = _number(asked, "seconds", most=FURTHEST_SECONDS)
        self._clock.advance(seconds=seconds)
        return self._now(asked)

    def _flushed(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._flush()
        return self._now(asked)

    def _granted(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        value = _number(asked, "value", most=LARGEST_QUOTA)
        self._grant(service=_text(asked, "service"), name=_text(asked, "name"), value=value)
        return self._now(asked)

    def _fault(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._faults.add(Fault.read(asked))
        return self._now(asked)

    def _mend(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._faults.clear()
        return self._now(asked)


def _number(asked: Mapping[str, Any], name: str, *, most: float) -> float:
    value = asked.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{name} must be a number from 0 to {most:.0f}, got {_shown(value)}; give another")
    return float(value)


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if isinstance(value, str):
        return value
    raise ValueError(f"{name} must be a text, got {_shown(value)}; give one")


def _shown(value: object) -> str:
    """Return the beginning of a value, or of what type it is, for a sentence."""
    return type(value).__name__ if isinstance(value, dict | list) else json.dumps(value)[:80]
