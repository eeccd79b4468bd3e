"""Executions of state machines: whoever moves the clock waits for them, and one that was stopped stays stopped."""

import threading
from typing import Any

from ministack.services import stepfunctions

from modelyard.rehearsal.clock import Clock

START_SECONDS = 5.0


class Executions:
    """All executions of an account."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    def install(self) -> None:
        """Have MiniStack's executions count as work from the moment at which they are asked for.

        What still goes wrong in one that was stopped does not make it a failed one.
        """
        fail = stepfunctions._fail_execution

        def fail_if_running(execution: Any, error: str, cause: str) -> None:
            if execution["status"] == "RUNNING":
                fail(execution, error, cause)

        stepfunctions._fail_execution = fail_if_running
        start, run = stepfunctions._start_execution, stepfunctions._run_execution
        begun = threading.Event()

        def run_as_work(arn: str) -> None:
            with self._clock.busy():
                begun.set()
                run(arn)

        def start_as_work(request: Any) -> Any:
            # An execution has a thread of its own, which must have begun before anybody sees no work.
            with self._clock.busy():
                begun.clear()
                answer = start(request)
                if answer[0] == 200:
                    begun.wait(START_SECONDS)
            return answer

        stepfunctions._start_execution, stepfunctions._run_execution = start_as_work, run_as_work
