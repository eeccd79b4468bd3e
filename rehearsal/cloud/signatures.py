"""Whose signatures are asked for, and how old they may be.

MiniStack takes whoever names the account's own key for its owner. Here the secret is asked for, as of any other
key: two rehearsals at once must not take each other's callers.

A client signs with its own clock; after an hour was skipped, its signatures would be an hour old. One is
accepted if it is of now by either clock.
"""

import contextvars
from datetime import datetime
from typing import Any

import time_machine
from ministack import app as ministack
from ministack.core import iam_evaluator, sigv4

_pinning = contextvars.ContextVar("pinning", default=False)


def install() -> None:
    """Have MiniStack verify the account's own signatures, and accept those of the real time too."""
    _verify_the_accounts_own()
    _accept_the_real_time()


def _verify_the_accounts_own() -> None:
    pin, is_root = ministack.pin_signed_request, iam_evaluator._is_root_key

    def pinned(*request: Any) -> None:
        token = _pinning.set(True)
        try:
            pin(*request)
        finally:
            _pinning.reset(token)

    ministack.pin_signed_request = pinned
    # While it is decided whether a request's signature is kept to be verified, only who names no key is let off.
    iam_evaluator._is_root_key = lambda key: not key if _pinning.get() else is_root(key)


def _accept_the_real_time() -> None:
    judged = sigv4.request_time_failure

    def either(signature: Any, *, now: datetime | None = None) -> Any:
        failure = judged(signature, now=now)
        return failure if failure is None else judged(signature, now=_real_now())

    sigv4.request_time_failure = either


def _real_now() -> datetime:
    return datetime.fromtimestamp(time_machine.escape_hatch.time.time()).astimezone()
