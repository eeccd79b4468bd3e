"""Work that goes on in steps, with waits on the movable clock in between."""

import threading
from collections.abc import Iterator
from datetime import timedelta

from modelyard.rehearsal.clock import Clock, Timer


class TimedSteps:
    """Runs an iterator: each number of seconds that it yields is waited on the clock before it goes on.

    Each step runs in a thread of its own, for which whoever moves the clock waits; so a step that takes a while
    takes no time on the clock, and the next one begins at its own moment.
    """

    def __init__(self, *, clock: Clock, steps: Iterator[float], name: str) -> None:
        self._clock = clock
        self._steps = steps
        self._name = name
        self._cancelled = False
        self._appointment: Timer | None = None
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin, and return at once."""
        if not self._cancelled:
            self._clock.run_in_background(self._step, name=self._name)

    def cancel(self) -> None:
        """Take no further step; one that is under way goes on to its end."""
        self._cancelled = True
        if self._appointment is not None:
            self._appointment.cancel()

    def wait(self, *, timeout: float) -> bool:
        """Wait for the last step, for so many real seconds at most; return whether it is over."""
        return self._ended.wait(timeout)

    def _step(self) -> None:
        seconds = next(self._steps, None)
        if seconds is None:
            self._ended.set()
            return
        moment = self._clock.now() + timedelta(seconds=seconds)
        self._appointment = self._clock.at(moment=moment, run=self.start)
