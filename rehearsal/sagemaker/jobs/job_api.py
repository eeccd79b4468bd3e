"""What the operations on all kinds of jobs have in common: start, describe, list, stop and delete."""

import copy
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from modelyard.rehearsal.sagemaker.errors import in_use, invalid
from modelyard.rehearsal.sagemaker.jobs.failures import STOPPED_WITH_ALL
from modelyard.rehearsal.sagemaker.jobs.progress import RUNNING, JobKind, Progress
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

_logger = logging.getLogger(__name__)


class Task(Protocol):
    """The work of a job."""

    def run(self) -> None:
        """Run to the end."""

    def stop(self) -> None:
        """End as a Stop request asks for, and return at once."""

    def end(self) -> None:
        """Kill what it has started, and return at once."""

    def fail(self) -> None:
        """Close the job as failed by an internal error."""


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A task, and whether it has ended."""

    task: Task
    ended: threading.Event = field(default_factory=threading.Event)


class JobApi:
    """The jobs of one kind, each in a thread of its own.

    The clock waits for them when it is moved, and none outlives `close`. `on_trial_component` is called with the
    document and the name of the kind when a job with an ExperimentConfig starts, and when it has ended.
    """

    def __init__(
        self,
        *,
        platform: Platform,
        kind: JobKind,
        on_trial_component: Callable[[Document, str], None] = lambda _document, _kind: None,
    ) -> None:
        self._platform = platform
        self._kind = kind
        self._on_trial_component = on_trial_component
        self._table = platform.store.table(kind.name)
        self._lock = threading.Lock()
        self._running: dict[str, RunningJob] = {}
        self._closed = False

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for a job's end, at most `timeout` seconds of real time, and return whether it has come."""
        job = self._running.get(name)
        return True if job is None else job.ended.wait(timeout)

    def close(self) -> None:
        """Kill every job that runs, wait until nothing is left of it, and start no more."""
        with self._lock:
            self._closed = True
            jobs = list(self._running.values())
        for job in jobs:
            job.task.end()
        for job in jobs:
            job.ended.wait()

    def end_saved(self) -> None:
        """Close the jobs of an earlier run of the local AWS that had not ended then."""
        for document in self._table.documents():
            if document[self._kind.member("Status")] in RUNNING:
                progress = Progress(platform=self._platform, document=document, kind=self._kind)
                ended = {self._kind.end_time: progress.now(), self._kind.member("Status"): "Failed"}
                progress.set({**ended, "FailureReason": STOPPED_WITH_ALL})

    def _document(self, request: Document, *, also: Document | None = None) -> Document:
        """Return the document of a job that begins now."""
        now = self._platform.clock.now()
        name = request[self._kind.member("Name")]
        return {
            **copy.deepcopy(request),
            **({} if also is None else also),
            self._kind.member("Arn"): self._platform.arn(kind=self._kind.arn, name=name),
            self._kind.member("Status"): "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
        }

    def _start(self, *, document: Document, task: Task) -> str:
        """Store a job's document, start its task, and return its ARN; ServiceError (ResourceInUse) for a taken name."""
        name = document[self._kind.member("Name")]
        self._table.add(name, document)
        with self._lock:
            if not self._closed:
                job = self._running[name] = RunningJob(task)
                self._platform.clock.run_in_background(
                    lambda: self._run(name=name, job=job), name=f"{self._kind.name} {name}"
                )
        return str(document[self._kind.member("Arn")])

    def _run(self, *, name: str, job: RunningJob) -> None:
        try:
            job.task.run()
        except Exception:
            _logger.exception("%s %s ended by an error of the local AWS", self._kind.name, name)
            job.task.fail()
        finally:
            with self._lock:
                del self._running[name]
            job.ended.set()

    def _describe(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        with self._platform.store.lock:
            return copy.deepcopy(self._table.get(request[self._kind.member("Name")]))

    def _list(self, request: Document, *, summary: Callable[[Document], Document] = lambda job: job) -> Document:
        """List the jobs, a summary each."""
        return page(
            request,
            [summary(document) for document in self._table.documents()],
            member=self._kind.member("Summaries"),
            name=self._kind.member("Name"),
            status=self._kind.member("Status"),
        )

    def _stop(self, request: Document) -> Document:
        """Stop a job.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        name = request[self._kind.member("Name")]
        document = self._table.get(name)
        if not Progress(platform=self._platform, document=document, kind=self._kind).stopping():
            status = document[self._kind.member("Status")]
            raise invalid(f"The request was rejected because the {self._kind.words} is in status {status}.")
        job = self._running.get(name)
        if job is not None:
            job.task.stop()
        return {}

    def _delete(self, request: Document) -> Document:
        """Delete a job that has ended; what it saved stays.

        Raises:
            ServiceError: ValidationException, there is no such job; ResourceInUse, it runs.

        """
        name = request[self._kind.member("Name")]
        status = self._table.get(name)[self._kind.member("Status")]
        if status in RUNNING:
            raise in_use(f"The {self._kind.words} is in status {status}; stop it, then delete it")
        self._table.remove(name)
        return {}

    def _record(self, document: Document) -> None:
        """Tell the account's bus of a job's start and end, and `on_trial_component` of one of an experiment.

        Source of the event: developer guide, "Events that SageMaker AI sends to Amazon EventBridge".
        """
        self._platform.emit(
            f"SageMaker {self._kind.activity} Job State Change", document[self._kind.member("Arn")], document
        )
        if "ExperimentConfig" in document:
            self._on_trial_component(document, self._kind.name)
