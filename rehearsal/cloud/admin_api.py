"""What no AWS has, below /_rehearsal: a clock that is moved, faults, quotas that are set, and what there is to tell."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud.account_services import AccountServices
from modelyard.rehearsal.cloud.faults import Faults
from modelyard.rehearsal.cloud.ministack.iam import IamDecisionLog
from modelyard.rehearsal.cloud.requests import Send, json_object
from modelyard.rehearsal.faults import Fault
from modelyard.rehearsal.sagemaker.errors import ServiceError

# Every minute on the way is kept: a year is half a million of them.
FURTHEST_SECONDS = 366 * 24 * 3600
LARGEST_QUOTA = 1e9


class AdminApi:
    """Answers whoever started the local AWS: a control takes a document, and returns one or the time on the clock."""

    def __init__(
        self,
        *,
        clock: Clock,
        services: Callable[[], AccountServices],
        ignored: Callable[[], Mapping[str, Sequence[str]]],
        effects: Callable[[], Mapping[str, Any]],
        faults: Faults,
        decisions: IamDecisionLog,
        overview: Callable[[], Mapping[str, Any]],
        reset: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._controls: dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any] | None]] = {
            "now": lambda _: None,
            "advance": lambda request: clock.advance(seconds=number(request, "seconds", most=FURTHEST_SECONDS)),
            # Captured records and metrics, which would be written within a minute.
            "flush": lambda _: services().sagemaker.flush(),
            # Properties of the deployed templates that nothing has read.
            "ignored": lambda _: {"ignored": ignored()},
            # Which effect the properties of the standing stacks have.
            "effects": lambda _: effects(),
            # A quota of Service Quotas.
            "grant": lambda request: services().quotas.grant(
                service=text(request, "service"),
                name=text(request, "name"),
                value=number(request, "value", most=LARGEST_QUOTA),
            ),
            # Have the account be one that never used Model Monitor.
            "close-model-monitor": lambda _: services().sagemaker.model_monitor.close(),
            "fault": lambda request: faults.add(Fault.read(request)),
            "faults": lambda _: {"faults": faults.documents()},
            "clear-faults": lambda _: faults.clear(),
            # What IAM decided about roles since the last call.
            "decisions": lambda _: {"decisions": decisions.take()},
            # Have the account be as it was at the start; the clock stays where it is.
            "reset": lambda _: reset(),
            # What the page shows.
            "overview": lambda _: overview(),
        }

    async def answer(self, *, action: str, body: bytes, send: Send) -> None:
        """Do what is asked for by its name; 400 with a message for what cannot be."""
        try:
            status, answer = 200, await asyncio.to_thread(self._carry_out, action, body)
        except (ValueError, OverflowError, ServiceError) as error:
            status, answer = 400, {"message": str(error)}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _carry_out(self, action: str, body: bytes) -> Mapping[str, Any]:
        if action not in self._controls:
            raise ValueError(f"there is no control {action}; ask for one of {', '.join(self._controls)}")
        answer = self._controls[action](json_object(body))
        return {"now": self._clock.now().isoformat()} if answer is None else answer


def number(request: Mapping[str, Any], name: str, *, most: float) -> float:
    """Return a member that is a number within bounds.

    Raises:
        ValueError: it is none.

    """
    value = request.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{name} must be a number from 0 to {most:.0f}, got {shown(value)}; give another")
    return float(value)


def text(request: Mapping[str, Any], name: str) -> str:
    """Return a member that is a text.

    Raises:
        ValueError: it is none.

    """
    value = request.get(name)
    if isinstance(value, str):
        return value
    raise ValueError(f"{name} must be a text, got {shown(value)}; give one")


def shown(value: object) -> str:
    """Return the beginning of a value, or of what type it is, for a sentence."""
    return type(value).__name__ if isinstance(value, dict | list) else json.dumps(value)[:80]
