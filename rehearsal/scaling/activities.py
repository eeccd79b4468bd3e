"""What was scaled and why, in the words of Application Auto Scaling."""

import threading
import uuid
from collections.abc import Callable

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.scaling.targets import Resource


class Activities:
    """Scaling activities, each InProgress until it is settled."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._documents: list[Document] = []

    def begin(self, *, resource: Resource, count: int, cause: str) -> Document:
        """Note that a count is being set."""
        activity = resource.members() | {
            "ActivityId": str(uuid.uuid4()),
            "Description": f"Setting desired instance count to {count}.",
            "Cause": cause,
            "StartTime": self._clock.now(),
            "StatusCode": "InProgress",
            "StatusMessage": (
                f"Successfully set desired instance count to {count}. Waiting for change to be fulfilled by sagemaker."
            ),
        }
        with self._lock:
            self._documents.append(activity)
        return activity

    def fail(self, activity: Document, *, message: str) -> None:
        """Note that a count could not be set."""
        self._end(activity, code="Failed", message=message)

    def settle(self, has_settled: Callable[[Resource], bool]) -> None:
        """End the activities whose variant has the instances that were asked for."""
        for activity in [found for found in self.documents() if found["StatusCode"] == "InProgress"]:
            if has_settled(Resource.read(activity)):
                waiting, fulfilled = "Waiting for change to be fulfilled", "Change successfully fulfilled"
                message = activity["StatusMessage"].replace(waiting, fulfilled)
                self._end(activity, code="Successful", message=message)

    def documents(self) -> list[Document]:
        """Return all of them, the latest first."""
        with self._lock:
            return self._documents[::-1]

    def _end(self, activity: Document, *, code: str, message: str) -> None:
        with self._lock:
            activity |= {"StatusCode": code, "StatusMessage": message, "EndTime": self._clock.now()}
