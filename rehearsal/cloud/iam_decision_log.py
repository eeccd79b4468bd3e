"""Which permissions IAM was asked for, and by whom: what a role uses of what it may do.

Nothing is kept until somebody asks for the first time.
"""

import threading
from typing import Any

from ministack.core import iam_evaluator

Decision = tuple[str, str, str, bool]


class IamDecisionLog:
    """What IAM decided about assumed roles since it was last asked: role, action, resource, and whether it may."""

    def __init__(self) -> None:
        self._kept: dict[Decision, None] | None = None
        self._lock = threading.Lock()

    def install(self) -> None:
        """Have MiniStack's evaluator tell what it decides."""
        evaluate = iam_evaluator.evaluate

        def evaluated(context: Any, policies: Any, *limits: Any) -> Any:
            result = evaluate(context, policies, *limits)
            if self._kept is not None:
                self._keep(context=context, allowed=result.decision == "Allow")
            return result

        iam_evaluator.evaluate = evaluated

    def take(self) -> list[Decision]:
        """Return what was decided since the last call, each decision once, and keep what comes from now on."""
        with self._lock:
            kept, self._kept = self._kept, {}
        return [] if kept is None else list(kept)

    def _keep(self, *, context: Any, allowed: bool) -> None:
        kind, _, name = context.principal_arn.rpartition(":")[2].partition("/")
        if kind != "assumed-role":
            return
        with self._lock:
            if self._kept is not None:
                self._kept[name.partition("/")[0], context.action, context.resource_arn, allowed] = None
