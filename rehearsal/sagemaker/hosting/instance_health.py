"""Instances that end or fall ill are replaced, as SageMaker does by its health checks."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet
from modelyard.rehearsal.sagemaker.hosting.launching import LaunchError

_logger = logging.getLogger(__name__)
LOOK_SECONDS = 0.25
PING_SECONDS = 5.0
RETRY_SECONDS = 10.0


class InstanceHealthMonitor:
    """Looks at the fleets in service several times a second, and asks for their health every five."""

    def __init__(self, *, clock: Clock, fleets: Callable[[], Iterable[Fleet]]) -> None:
        self._clock = clock
        self._fleets = fleets
        self._closing = threading.Event()
        self._not_before: WeakKeyDictionary[Fleet, float] = WeakKeyDictionary()
        self._next_ping = time.monotonic() + PING_SECONDS
        self._thread = threading.Thread(target=self._go, name="caretaker", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        self._thread.join()

    def _go(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            fleets = list(self._fleets())
            if time.monotonic() >= self._next_ping:
                self._next_ping = time.monotonic() + PING_SECONDS
                for fleet in fleets:
                    fleet.check()
            for fleet in fleets:
                self._look_after(fleet)

    def _look_after(self, fleet: Fleet) -> None:
        if not fleet.ailing or time.monotonic() < self._not_before.get(fleet, 0.0):
            return
        # Until a repair is over, or has failed, another one would find the same instances missing.
        self._not_before[fleet] = time.monotonic() + RETRY_SECONDS
        self._clock.run_in_background(lambda: self._repair(fleet), name="repair")

    def _repair(self, fleet: Fleet) -> None:
        try:
            fleet.repair()
        except LaunchError:
            _logger.exception("no replacement for an instance of variant %s came up", fleet.plan.name)
        else:
            self._not_before.pop(fleet, None)
