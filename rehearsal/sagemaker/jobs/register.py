"""What all kinds of jobs have in common: they are described, listed, stopped, deleted and waited for alike."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modelyard.rehearsal.sagemaker.errors import in_use, invalid
from modelyard.rehearsal.sagemaker.jobs.progress import RUNNING, Progress
from modelyard.rehearsal.sagemaker.jobs.runners import JobRunner
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document, Table


@dataclass(frozen=True, kw_only=True, slots=True)
class JobKind:
    """A kind as the API names it (`TrainingJob`), as an ARN does, and as AWS's sentences do."""

    name: str
    arn: str
    words: str

    def member(self, ending: str) -> str:
        """Return a member's name, such as `TrainingJobStatus`."""
        return f"{self.name}{ending}"


class JobRegister:
    """The jobs of one kind, those that run and those that have ended."""

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
        self._crew = JobRunner(clock=platform.clock, kind=kind.name)
        self.table: Table = platform.store.table(kind.name)

    def document(self, request: Document, *, also: Document | None = None) -> Document:
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

    def start(self, *, document: Document, work: Any) -> str:
        """Keep a job's document, start its work, and return its ARN; ServiceError (ResourceInUse) for a taken name."""
        name = document[self._kind.member("Name")]
        self.table.add(name, document)
        self._crew.start(name=name, job=work, on_fault=work.fault)
        return str(document[self._kind.member("Arn")])

    def describe(self, request: Document) -> Document:
        """Describe a job; ServiceError (ValidationException) if there is none of that name."""
        with self._platform.store.lock:
            return copy.deepcopy(self.table.get(request[self._kind.member("Name")]))

    def listed(self, request: Document, *, summary: Callable[[Document], Document] = lambda one: one) -> Document:
        """List the jobs, a summary each."""
        return page(
            request,
            [summary(document) for document in self.table.documents()],
            member=self._kind.member("Summaries"),
            name=self._kind.member("Name"),
            status=self._kind.member("Status"),
        )

    def stop(self, request: Document) -> Document:
        """Stop a job.

        Raises:
            ServiceError: ValidationException, there is no such job or it has ended.

        """
        document = self.table.get(request[self._kind.member("Name")])
        status = self._kind.member("Status")
        if not Progress(platform=self._platform, document=document, status=status).stopping():
            raise invalid(f"The request was rejected because the {self._kind.words} is in status {document[status]}.")
        self._crew.stop(request[self._kind.member("Name")])
        return {}

    def delete(self, request: Document) -> Document:
        """Forget a job that has ended; what it saved stays.

        Raises:
            ServiceError: ValidationException, there is no such job; ResourceInUse, it runs.

        """
        name = request[self._kind.member("Name")]
        status = self.table.get(name)[self._kind.member("Status")]
        if status in RUNNING:
            raise in_use(f"The {self._kind.words} is in status {status}; stop it, then delete it")
        self.table.remove(name)
        return {}

    def tell(self, document: Document) -> None:
        """Tell of a job that belongs to an experiment: when it starts, and when it has ended."""
        if "ExperimentConfig" in document:
            self._on_trial_component(document, self._kind.name)

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for a job's end, at most `timeout` seconds of the real time, and return whether it has come."""
        return self._crew.wait(name, timeout=timeout)

    def close(self) -> None:
        """Kill every job that runs, and wait until nothing is left of it."""
        self._crew.close()
