"""A job's document while the job runs: every change is made under the store's lock, and timed."""

import copy
from datetime import datetime

from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

RUNNING = ("InProgress", "Stopping")


class Progress:
    """Writes what becomes of a job into its document; `status` is the document's own member for it."""

    def __init__(self, *, platform: Platform, document: Document, status: str) -> None:
        self._platform = platform
        self._document = document
        self._status = status

    @property
    def document(self) -> Document:
        """The document as it is now, to read."""
        with self._platform.store.lock:
            return copy.deepcopy(self._document)

    def now(self) -> datetime:
        """Return the clock's time."""
        return self._platform.clock.now()

    def set(self, changes: Document) -> None:
        """Put members into the document."""
        with self._platform.store.lock:
            self._document.update(changes)
            self._document["LastModifiedTime"] = self.now()

    def append(self, *, member: str, item: Document) -> None:
        """Put an item behind those of a list."""
        with self._platform.store.lock:
            self._document.setdefault(member, []).append(item)

    def enter(self, *, status: str, message: str) -> None:
        """Go over into a secondary status, and close the one before."""
        with self._platform.store.lock:
            moment = self.now()
            transitions = self._document.setdefault("SecondaryStatusTransitions", [])
            if transitions:
                transitions[-1]["EndTime"] = moment
            transitions.append({"Status": status, "StartTime": moment, "StatusMessage": message})
            self.set({"SecondaryStatus": status})

    def stopping(self) -> bool:
        """Go over into Stopping, and return whether the job was running."""
        with self._platform.store.lock:
            if self._document[self._status] not in RUNNING:
                return False
            self.set({self._status: "Stopping"})
        return True
