"""An endpoint as it stands: its document, the fleet_set that serves, and the one that is to take its place."""

import threading
from datetime import datetime
from typing import Any

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.hosting.fleet_sets import FleetSet
from modelyard.rehearsal.sagemaker.hosting.routing import Traffic
from modelyard.rehearsal.sagemaker.hosting.timed_steps import TimedSteps
from modelyard.rehearsal.sagemaker.store import Document

# Nothing may be asked of an endpoint in one of these: "Cannot update in-progress endpoint".
IN_PROGRESS = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


class EndpointState:
    """One endpoint. `document` is the store's, and changed under its `lock`."""

    def __init__(self, *, document: Document, lock: threading.RLock) -> None:
        self.document = document
        self.traffic = Traffic(seed=document["EndpointName"])
        self.serving: FleetSet | None = None
        self.pending: FleetSet | None = None
        self.pending_since: datetime | None = None
        self.course: TimedSteps | None = None
        self._lock = lock

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.document["EndpointName"])

    @property
    def status(self) -> str:
        """Its EndpointStatus."""
        return str(self.document["EndpointStatus"])

    def begin(self, *, status: str, moment: datetime) -> None:
        """Take on a new piece of work.

        Raises:
            ServiceError: ValidationException, another one is going on.

        """
        with self._lock:
            if self.status in IN_PROGRESS:
                raise invalid(f'Cannot update in-progress endpoint "{self.document["EndpointArn"]}".')
            self.document.pop("FailureReason", None)
            self.document |= {"EndpointStatus": status, "LastModifiedTime": moment}

    def note(self, *, status: str, moment: datetime, reason: str | None = None) -> None:
        """Say how it stands now, and why if something failed."""
        with self._lock:
            self.document |= {"EndpointStatus": status, "LastModifiedTime": moment}
            if reason is not None:
                self.document["FailureReason"] = reason[:1024]

    def serve(self, fleet_set: FleetSet) -> None:
        """Have a fleet_set serve all requests."""
        with self._lock:
            self.serving, self.pending, self.pending_since = fleet_set, None, None
            self.document["EndpointConfigName"] = fleet_set.plan.config
        self.traffic.give_all(fleet_set)

    def describe(self) -> Document:
        """Return the answer to DescribeEndpoint."""
        with self._lock:
            answer = dict(self.document)
            shown = self.serving if self.serving is not None else self.pending
        if shown is not None:
            answer |= _variants(shown)
        if self.serving is not None and self.pending is not None:
            answer["PendingDeploymentSummary"] = self._pending_summary(self.pending)
        return answer

    def _pending_summary(self, pending: FleetSet) -> Document:
        return {
            "EndpointConfigName": pending.plan.config,
            "ProductionVariants": pending.summaries(),
            "StartTime": self.pending_since,
        }


def _variants(fleet_set: FleetSet) -> Document:
    answer: dict[str, Any] = {"ProductionVariants": fleet_set.summaries()}
    if fleet_set.shadows:
        answer["ShadowProductionVariants"] = fleet_set.shadow_summaries()
    if fleet_set.plan.capture is not None:
        answer["DataCaptureConfig"] = fleet_set.plan.capture.summary()
    return answer
