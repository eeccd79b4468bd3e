"""The instances of one variant: as many as wanted, each request to the one that has the least to do."""

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future

from modelyard.rehearsal.sagemaker.hosting.instances import ContainerAnswer, Instance, InstanceGoneError, Outstanding
from modelyard.rehearsal.sagemaker.hosting.launching import Launcher, LaunchError
from modelyard.rehearsal.sagemaker.hosting.plans import VariantPlan

DRAIN_SECONDS = 60.0
FAILED_PINGS = 3


class NoInstanceError(Exception):
    """No instance of the variant takes requests."""


class Fleet:
    """Instances of one variant. `wanted` is how many there are to be; `count` how many there are."""

    def __init__(self, *, launcher: Launcher, wanted: int) -> None:
        self.wanted = wanted
        self._launcher = launcher
        self._instances: list[Instance] = []
        self._outstanding = Outstanding()
        self._changing = threading.RLock()
        self._failed_pings: dict[str, int] = {}

    @property
    def plan(self) -> VariantPlan:
        """What is launched."""
        return self._launcher.plan

    @property
    def count(self) -> int:
        """How many instances take requests."""
        return len(self._instances)

    def invoke(self, *, body: bytes, headers: Mapping[str, str]) -> ContainerAnswer:
        """Send a request to an instance, or to the next one if that is gone.

        Raises:
            NoInstanceError: none is left.
            ContainerFaultError: the container did not answer.

        """
        while (instance := self._outstanding.take(self._instances)) is not None:
            try:
                return instance.invoke(body=body, headers=headers)
            except InstanceGoneError:
                self._forget(instance)
            finally:
                self._outstanding.give_back(instance)
        raise NoInstanceError(f"no instance of variant {self.plan.name} takes requests")

    def begin(self) -> list[Future[Instance]]:
        """Have the instances that are missing start; `finish` waits for them."""
        return [self._launcher.submit() for _ in range(self.wanted - self.count)]

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

    def resize(self, *, count: int) -> None:
        """Have so many instances: the new ones answer before this returns, those that go finish their requests.

        Raises:
            LaunchError: a new one did not come up; the count stays what it was.

        """
        with self._changing:
            before, self.wanted = self.wanted, count
            try:
                self.finish(self.begin())
            except LaunchError:
                self.wanted = before
                raise
            leaving = self._release(keep=count)
        self._end(leaving)

    def repair(self) -> None:
        """Replace what has ended or does not answer its health check three times running.

        Raises:
            LaunchError: a replacement did not come up.

        """
        if not self._changing.acquire(blocking=False):
            return
        try:
            sick = [instance for instance in self._instances if self._is_sick(instance)]
            for instance in sick:
                self._forget(instance)
            self.finish(self.begin())
        finally:
            self._changing.release()

    @property
    def ailing(self) -> bool:
        """Whether there is something to repair."""
        return self.count < self.wanted or any(self._is_sick(instance) for instance in self._instances)

    def check(self) -> None:
        """Ask each instance for its health."""
        before = self._failed_pings
        self._failed_pings = {
            instance.name: 0 if instance.ping() else before.get(instance.name, 0) + 1 for instance in self._instances
        }

    def stop(self, *, grace: float = DRAIN_SECONDS) -> None:
        """End all instances, after the requests in progress."""
        self.wanted = 0
        with self._changing:
            leaving = self._release(keep=0)
        self._end(leaving, grace=grace)
        self._launcher.close()

    def _release(self, *, keep: int) -> list[Instance]:
        with self._outstanding.changed:
            leaving, self._instances = self._instances[keep:], self._instances[:keep]
        return leaving

    def _is_sick(self, instance: Instance) -> bool:
        return not instance.running or self._failed_pings.get(instance.name, 0) >= FAILED_PINGS

    def _forget(self, instance: Instance) -> None:
        with self._outstanding.changed:
            known = instance in self._instances
            self._instances = [other for other in self._instances if other is not instance]
        if known:
            threading.Thread(
                target=self._launcher.discard, args=(instance,), kwargs={"grace": 1.0}, daemon=True
            ).start()

    def _end(self, instances: Sequence[Instance], *, grace: float = DRAIN_SECONDS) -> None:
        for instance in instances:
            self._outstanding.await_none(instance, seconds=grace)
            self._launcher.discard(instance, grace=grace)
