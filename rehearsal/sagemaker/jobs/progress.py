"""A job's document: how its members are named, and every change to it while the job runs, timed and under a lock."""

import copy
from dataclasses import dataclass
from datetime import datetime

from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

RUNNING = ("InProgress", "Stopping")


@dataclass(frozen=True, kw_only=True, slots=True)
class JobKind:
    """A kind as the API names it (`TrainingJob`), as an ARN does, and as AWS's sentences do.

    `ends` is the member that says when a job ended, where that does not begin with the kind.
    """

    name: str
    arn: str
    words: str
    ends: str | None = None

    def member(self, ending: str) -> str:
        """Return a member's name, such as `TrainingJobStatus`."""
        return f"{self.name}{ending}"

    @property
    def activity(self) -> str:
        """The name without `Job`, with which the members for times begin, such as `TrainingStartTime`."""
        return self.name.removesuffix("Job")

    @property
    def end_time(self) -> str:
        """The member that says when a job ended."""
        return self.ends if self.ends is not None else f"{self.activity}EndTime"


TRAINING = JobKind(name="TrainingJob", arn="training-job", words="training job")
PROCESSING = JobKind(name="ProcessingJob", arn="processing-job", words="processing job")
TRANSFORM = JobKind(name="TransformJob", arn="transform-job", words="transform job")
TUNING = JobKind(name="HyperParameterTuningJob", arn="hyper-parameter-tuning-job", words="hyperparameter tuning job")
AUTOML = JobKind(name="AutoMLJob", arn="automl-job", words="AutoML job", ends="EndTime")


class Progress:
    """Writes into a job's document how far the job is."""

    def __init__(self, *, platform: Platform, document: Document, kind: JobKind) -> None:
        self._platform = platform
        self._document = document
        self._status = kind.member("Status")

    @property
    def document(self) -> Document:
        """A copy of the document as it is now."""
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
        """Append an item to a list."""
        with self._platform.store.lock:
            self._document.setdefault(member, []).append(item)

    def enter(self, *, status: str, message: str) -> None:
        """Begin a secondary status, and close the one before."""
        with self._platform.store.lock:
            moment = self.now()
            transitions = self._document.setdefault("SecondaryStatusTransitions", [])
            if transitions:
                transitions[-1]["EndTime"] = moment
            transitions.append({"Status": status, "StartTime": moment, "StatusMessage": message})
            self.set({"SecondaryStatus": status})

    def stopping(self) -> bool:
        """Set the status to Stopping, and return whether the job was running."""
        with self._platform.store.lock:
            if self._document[self._status] not in RUNNING:
                return False
            self.set({self._status: "Stopping"})
        return True
