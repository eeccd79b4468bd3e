"""The training jobs of a search, and how it is told to start no more of them."""

import contextlib
import threading
from typing import Protocol

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.store import Document


class Training(Protocol):
    """What a search needs of training jobs."""

    def launch(self, request: Document, *, owner: Document | None = None) -> str:
        """Start one and return its ARN."""

    def describe_training_job(self, request: Document) -> Document:
        """Describe one."""

    def stop_training_job(self, request: Document) -> Document:
        """Stop one."""

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for its end."""


class SearchJobs:
    """The jobs that a search has started, by their names; whoever stops it is in another thread."""

    def __init__(self, training: Training) -> None:
        self._training = training
        self._names: list[str] = []
        self._stopping = threading.Event()
        self._ending = False

    @property
    def started(self) -> int:
        """How many there are."""
        return len(self._names)

    @property
    def is_stopping(self) -> bool:
        """Whether no more are to be started."""
        return self._stopping.is_set()

    @property
    def is_ending(self) -> bool:
        """Whether none is to be waited for either."""
        return self._ending

    def launch(self, request: Document, *, owner: Document) -> str:
        """Start a job and return its ARN; one that starts while the search is stopped is stopped with it."""
        self._names.append(request["TrainingJobName"])
        arn = self._training.launch(request, owner=owner)
        if self.is_stopping and not self.is_ending:
            self.stop()
        return arn

    def stop(self) -> None:
        """Start no more jobs, and stop those that run."""
        self._stopping.set()
        for name in list(self._names):
            # One that has ended meanwhile cannot be stopped, and need not be.
            with contextlib.suppress(ServiceError):
                self._training.stop_training_job({"TrainingJobName": name})

    def end(self) -> None:
        """Start no more jobs, and wait for none: they are ended by the part that runs training jobs."""
        self._ending = True
        self._stopping.set()
