"""The age of a signature, where the clock of the rehearsal and those of its clients differ.

A client signs with its own clock; after an hour was skipped, its signatures would be an hour old. One is
accepted if it is of now by either clock.
"""

from datetime import datetime
from typing import Any

import time_machine
from ministack.core import sigv4


def install() -> None:
    """Have MiniStack accept signatures of the real time too."""
    judged = sigv4.request_time_failure

    def either(signature: Any, *, now: datetime | None = None) -> Any:
        failure = judged(signature, now=now)
        return failure if failure is None else judged(signature, now=_real_now())

    sigv4.request_time_failure = either


def _real_now() -> datetime:
    return datetime.fromtimestamp(time_machine.escape_hatch.time.time()).astimezone()
