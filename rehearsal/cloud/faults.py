"""Where rules of what is to go wrong are kept, and asked of each call."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from modelyard.rehearsal.faults import Fault
from modelyard.rehearsal.sagemaker.errors import ServiceError

CLOUDFORMATION = "cloudformation"


@dataclass(kw_only=True, slots=True)
class _Rule:
    """A rule with how often it struck, and when it ends."""

    fault: Fault
    until: datetime | None
    struck: int = 0

    def over(self, now: datetime) -> bool:
        spent = self.fault.times is not None and self.struck >= self.fault.times
        return spent or (self.until is not None and now >= self.until)


class Faults:
    """The rules of one local AWS; without any, `set` is False and nobody is asked anything."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    @property
    def set(self) -> bool:
        """Whether there is any rule."""
        return bool(self._rules)

    def add(self, fault: Fault) -> None:
        """Have calls go wrong from now on."""
        until = None if fault.seconds is None else self._now() + timedelta(seconds=fault.seconds)
        with self._lock:
            self._rules.append(_Rule(fault=fault, until=until))

    def clear(self) -> None:
        """Have everything go right again."""
        with self._lock:
            self._rules.clear()

    def documents(self) -> list[dict[str, Any]]:
        """Return every rule since the last `clear`, with how often it struck and whether it is over."""
        with self._lock:
            now = self._now()
            return [rule.fault.document | {"struck": rule.struck, "over": rule.over(now)} for rule in self._rules]

    def strike(self, *, action: str, caller: str, text: str) -> Fault | None:
        """Return what is to go wrong with a call, and count it; the first rule that means it."""
        with self._lock:
            now = self._now()
            for rule in self._rules:
                if not rule.over(now) and rule.fault.means(action=action, caller=caller, text=text):
                    rule.struck += 1
                    return rule.fault
        return None

    def refuse(self, *, action: str, text: str) -> None:
        """Strike a call that CloudFormation makes for a resource, which no request stands for.

        Raises:
            ServiceError: the rule's error.

        """
        fault = self.strike(action=action, caller=CLOUDFORMATION, text=text) if self.set else None
        if fault is not None and fault.error is not None:
            raise ServiceError(code=fault.error, message=told(fault), status=fault.status)


def told(fault: Fault) -> str:
    """Return the message of an error that a rule gives."""
    wanted = {"ThrottlingException": "Rate exceeded", "Throttling": "Rate exceeded"}
    return wanted.get(fault.error or "", f"{fault.error}: as this rehearsal was told to answer")
