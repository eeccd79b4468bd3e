"""An endpoint as it stands: its document, where its requests go, and the work that is being done on it."""

import random
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from modelyard.rehearsal.clock import Clock, Timer
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.hosting.fleet_sets import FleetSet
from modelyard.rehearsal.sagemaker.store import Document

# Nothing may be asked of an endpoint in one of these: "Cannot update in-progress endpoint".
IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


class Traffic:
    """The share of requests that each fleet set gets. The same `seed` sends the same requests the same way."""

    def __init__(self, *, seed: str) -> None:
        self.random = random.Random(seed)  # noqa: S311 - routing, not secrecy
        self._lock = threading.Lock()
        self._shares: list[tuple[FleetSet, float]] = []

    def give_all(self, fleet_set: FleetSet) -> None:
        """Send everything to one fleet set."""
        with self._lock:
            self._shares = [(fleet_set, 1.0)]

    def split(self, *, old: FleetSet, new: FleetSet, new_share: float) -> None:
        """Send `new_share` (0 to 1) to the new fleet set, and the rest to the old one."""
        with self._lock:
            self._shares = [(new, new_share), (old, 1.0 - new_share)]

    def stop(self) -> None:
        """Send nothing anywhere."""
        with self._lock:
            self._shares = []

    @property
    def fleet_sets(self) -> list[FleetSet]:
        """Those that get requests."""
        return [fleet_set for fleet_set, share in self._shares if share > 0]

    def choose(self) -> FleetSet | None:
        """Return the fleet set for the next request, or None where none is in service."""
        with self._lock:
            left = self.random.random() if len(self._shares) > 1 else 0.0
            for fleet_set, share in self._shares:
                if left < share:
                    return fleet_set
                left -= share
        return None


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
        self._timer: Timer | None = None
        self._ended = threading.Event()

    def start(self) -> None:
        """Begin, and return at once."""
        if not self._cancelled:
            self._clock.run_in_background(self._step, name=self._name)

    def cancel(self) -> None:
        """Take no further step; one that is under way goes on to its end."""
        self._cancelled = True
        if self._timer is not None:
            self._timer.cancel()

    def wait(self, *, timeout: float) -> bool:
        """Wait for the last step, for so many real seconds at most; return whether it is over."""
        return self._ended.wait(timeout)

    def _step(self) -> None:
        seconds = next(self._steps, None)
        if seconds is None:
            self._ended.set()
            return
        moment = self._clock.now() + timedelta(seconds=seconds)
        self._timer = self._clock.at(moment=moment, run=self.start)


class EndpointState:
    """One endpoint. `document` is the store's, and changed under its `lock`; `steps` is the last work on it."""

    def __init__(self, *, document: Document, lock: threading.RLock) -> None:
        self.document = document
        self.traffic = Traffic(seed=document["EndpointName"])
        self.serving: FleetSet | None = None
        self.pending: FleetSet | None = None
        self.steps: TimedSteps | None = None
        self._pending_since: datetime | None = None
        self._lock = lock

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.document["EndpointName"])

    @property
    def status(self) -> str:
        """Its EndpointStatus."""
        return str(self.document["EndpointStatus"])

    @property
    def fleet_sets(self) -> list[FleetSet]:
        """The one that serves and the one that is to take its place, as far as there are any."""
        return [fleet_set for fleet_set in (self.serving, self.pending) if fleet_set is not None]

    def begin(self, *, status: str, moment: datetime) -> None:
        """Enter a status in which work is done.

        Raises:
            ServiceError: ValidationException, other work is not over.

        """
        with self._lock:
            if self.status in IN_PROGRESS:
                raise invalid(f'Cannot update in-progress endpoint "{self.document["EndpointArn"]}".')
            self.document.pop("FailureReason", None)
            self.document |= {"EndpointStatus": status, "LastModifiedTime": moment}

    def prepare(self, fleet_set: FleetSet, *, moment: datetime) -> None:
        """Show a fleet set as the pending deployment."""
        self.pending, self._pending_since = fleet_set, moment

    def serve(self, fleet_set: FleetSet) -> None:
        """Have a fleet set serve all requests."""
        with self._lock:
            self.serving, self.pending, self._pending_since = fleet_set, None, None
            self.document["EndpointConfigName"] = fleet_set.plan.config
        self.traffic.give_all(fleet_set)

    def set_status(self, status: str, *, moment: datetime, reason: str | None = None) -> None:
        """Enter a status, with the FailureReason if something failed."""
        with self._lock:
            self.document |= {"EndpointStatus": status, "LastModifiedTime": moment}
            if reason is not None:
                self.document["FailureReason"] = reason[:1024]

    def describe(self) -> Document:
        """Return the answer to DescribeEndpoint."""
        with self._lock:
            answer = dict(self.document)
            serving, pending = self.serving, self.pending
        shown = serving if serving is not None else pending
        if shown is not None:
            answer["ProductionVariants"] = shown.summaries()
            if shown.shadows:
                answer["ShadowProductionVariants"] = shown.shadow_summaries()
            if shown.plan.capture is not None:
                answer["DataCaptureConfig"] = shown.plan.capture.summary()
            if shown.plan.asynchronous is not None:
                answer["AsyncInferenceConfig"] = shown.plan.asynchronous.document
        if serving is not None and pending is not None:
            answer["PendingDeploymentSummary"] = {
                "EndpointConfigName": pending.plan.config,
                "ProductionVariants": pending.summaries(),
                "StartTime": self._pending_since,
            }
        return answer
