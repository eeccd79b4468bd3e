"""The instances of one variant: as many as desired, the unhealthy ones replaced, each request to the least busy one."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from weakref import WeakKeyDictionary

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.hosting.instances import (
    ANSWER_SECONDS,
    ContainerAnswer,
    ContainerFaultError,
    Instance,
    InstanceGoneError,
    Outstanding,
)
from modelyard.rehearsal.sagemaker.hosting.launching import Launcher, LaunchError
from modelyard.rehearsal.sagemaker.hosting.plans import VariantPlan
from modelyard.rehearsal.sagemaker.hosting.serverless import ServerlessCapacity

_logger = logging.getLogger(__name__)
DRAIN_SECONDS = 60.0
FAILED_PINGS = 3
LOOK_SECONDS = 0.25
PING_SECONDS = 5.0
RETRY_SECONDS = 10.0


class NoInstanceError(Exception):
    """No instance of the variant takes requests."""


class Fleet:
    """Instances of one variant. `desired` is how many there are to be; `count` how many there are.

    `capacity` limits what a serverless variant answers at once.
    """

    def __init__(self, *, launcher: Launcher, desired: int, capacity: ServerlessCapacity | None = None) -> None:
        self.desired = desired
        self._capacity = capacity
        self._launcher = launcher
        self._instances: list[Instance] = []
        self._outstanding = Outstanding()
        self._changing = threading.RLock()
        self._failed_pings: dict[str, int] = {}
        self._setup_seconds = 0.0

    @property
    def plan(self) -> VariantPlan:
        """What is launched."""
        return self._launcher.plan

    @property
    def count(self) -> int:
        """How many instances take requests."""
        return len(self._instances)

    def invoke(self, *, body: bytes, headers: Mapping[str, str], seconds: float = ANSWER_SECONDS) -> ContainerAnswer:
        """Send a request to an instance, or to the next one if that is gone.

        Raises:
            NoInstanceError: none is left.
            ContainerFaultError: the container did not answer within so many seconds.
            ThrottledError: the variant is serverless and answers as many requests as it may.

        """
        if self._capacity is None:
            return self._ask(body=body, headers=headers, seconds=seconds)
        with self._capacity.request() as is_cold:
            answer = self._ask(body=body, headers=headers, seconds=seconds)
        return replace(answer, setup_seconds=self._setup_seconds) if is_cold else answer

    def _ask(self, *, body: bytes, headers: Mapping[str, str], seconds: float) -> ContainerAnswer:
        while (instance := self._outstanding.acquire(self._instances)) is not None:
            try:
                return instance.invoke(body=body, headers=headers, seconds=seconds)
            except InstanceGoneError:
                self._forget(instance)
            except ContainerFaultError as fault:
                # The connection may have broken because the process ends, which takes a moment longer to be seen.
                if not fault.timed_out and not instance.ping():
                    self._forget(instance)
                raise
            finally:
                self._outstanding.release(instance)
        raise NoInstanceError(f"no instance of variant {self.plan.name} takes requests")

    def begin(self) -> list[Future[Instance]]:
        """Have the instances that are missing start; `finish` waits for them."""
        return [self._launcher.submit() for _ in range(self.desired - self.count)]

    def finish(self, launches: Sequence[Future[Instance]]) -> None:
        """Wait for launches and let the new instances take requests.

        Raises:
            LaunchError: one did not come up; then none of these launches is kept.

        """
        for launch in launches:
            launch.exception()
        failures = [failure for launch in launches if (failure := launch.exception()) is not None]
        started = [launch.result() for launch in launches if launch.exception() is None]
        if failures:
            self._end(started)
            raise failures[0]
        with self._outstanding.changed:
            self._instances = [*self._instances, *started]
        self._setup_seconds = max((instance.setup_seconds for instance in started), default=self._setup_seconds)

    def resize(self, *, count: int) -> None:
        """Have so many instances: new ones answer before this returns, those that are ended finish their requests.

        Raises:
            LaunchError: a new one did not come up; the count stays what it was.

        """
        with self._changing:
            before, self.desired = self.desired, count
            try:
                self.finish(self.begin())
            except LaunchError:
                self.desired = before
                raise
            removed = self._remove_beyond(count)
        self._end(removed)

    def repair(self) -> None:
        """Replace what has ended or does not answer its health check three times running.

        Raises:
            LaunchError: a replacement did not come up.

        """
        if not self._changing.acquire(blocking=False):
            return
        try:
            for instance in [instance for instance in self._instances if self._is_unhealthy(instance)]:
                self._forget(instance)
            self.finish(self.begin())
        finally:
            self._changing.release()

    @property
    def needs_repair(self) -> bool:
        """Whether an instance is missing or to be replaced."""
        return self.count < self.desired or any(self._is_unhealthy(instance) for instance in self._instances)

    def check(self) -> None:
        """Ask each instance for its health."""
        before = self._failed_pings
        self._failed_pings = {
            instance.name: 0 if instance.ping() else before.get(instance.name, 0) + 1 for instance in self._instances
        }

    def stop(self, *, grace: float = DRAIN_SECONDS) -> None:
        """End all instances, after the requests in progress."""
        self.desired = 0
        with self._changing:
            removed = self._remove_beyond(0)
        self._end(removed, grace=grace)
        self._launcher.close()

    def _remove_beyond(self, count: int) -> list[Instance]:
        with self._outstanding.changed:
            removed, self._instances = self._instances[count:], self._instances[:count]
        return removed

    def _is_unhealthy(self, instance: Instance) -> bool:
        return not instance.running or self._failed_pings.get(instance.name, 0) >= FAILED_PINGS

    def _forget(self, instance: Instance) -> None:
        with self._outstanding.changed:
            was_there = instance in self._instances
            self._instances = [other for other in self._instances if other is not instance]
        if was_there:
            threading.Thread(
                target=self._launcher.discard, args=(instance,), kwargs={"grace": 1.0}, daemon=True
            ).start()

    def _end(self, instances: Sequence[Instance], *, grace: float = DRAIN_SECONDS) -> None:
        for instance in instances:
            self._outstanding.wait_for_none(instance, seconds=grace)
            self._launcher.discard(instance, grace=grace)


class InstanceHealthMonitor:
    """Looks at the fleets in service several times a second, asks for their health every five, and repairs them."""

    def __init__(self, *, clock: Clock, fleets: Callable[[], Iterable[Fleet]]) -> None:
        self._clock = clock
        self._fleets = fleets
        self._closing = threading.Event()
        self._not_before: WeakKeyDictionary[Fleet, float] = WeakKeyDictionary()
        self._thread = threading.Thread(target=self._watch, name="instance-health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._closing.set()
        self._thread.join()

    def _watch(self) -> None:
        next_ping = time.monotonic() + PING_SECONDS
        while not self._closing.wait(LOOK_SECONDS):
            fleets = list(self._fleets())
            if time.monotonic() >= next_ping:
                next_ping = time.monotonic() + PING_SECONDS
                for fleet in fleets:
                    fleet.check()
            for fleet in fleets:
                if fleet.needs_repair and time.monotonic() >= self._not_before.get(fleet, 0.0):
                    self._start_repair(fleet)

    def _start_repair(self, fleet: Fleet) -> None:
        def repair() -> None:
            try:
                fleet.repair()
            except LaunchError:
                _logger.exception("no replacement for an instance of variant %s came up", fleet.plan.name)
            else:
                self._not_before.pop(fleet, None)

        # Until a repair is over, or has failed, another one would find the same instances missing.
        self._not_before[fleet] = time.monotonic() + RETRY_SECONDS
        self._clock.run_in_background(repair, name="repair")
