"""The life of a job, told once: it fetches its inputs, runs containers, uploads what they made, and closes.

Meanwhile it may be stopped, killed with the service, reach its time limit or fill its volume, and at any step this
machine's disk may refuse a file. Training, processing and transform jobs differ in three steps, which their own
modules have. A tuning job has none of them: see `tuning_task`.
"""

import contextlib
import shutil
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from modelyard.rehearsal.containers.volumes import DEFAULT_BYTES, FULL, GIGABYTE, Volume, VolumeWatch
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.jobs.batch_senders import JobLog, LogStream
from modelyard.rehearsal.sagemaker.jobs.failures import (
    INTERNAL,
    STOPPED_WITH_ALL,
    JobFailed,
    disk_failures,
    volume_full,
)
from modelyard.rehearsal.sagemaker.jobs.progress import JobKind, Progress
from modelyard.rehearsal.sagemaker.jobs.transfers import Transfers
from modelyard.rehearsal.sagemaker.permissions import require_keys
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class JobSettings:
    """What is the same for all jobs of a kind; `on_change` is called with the document at the start and at the end."""

    stop_grace_seconds: float = 120
    gigabyte: int = GIGABYTE
    on_change: Callable[[Document], None] = lambda _document: None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobLimits:
    """How long the containers of a job may run, and how much they may write; None is no limit."""

    seconds: int | None = None
    gigabytes: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Signals:
    """How a running container is asked to end, and how it is killed because of an error."""

    stop: Callable[[], None]
    abort: Callable[[str], None]


class JobTask(ABC, Generic[Result]):
    """A job that runs in the thread that calls `run`, and is stopped from others."""

    def __init__(
        self,
        *,
        platform: Platform,
        document: Document,
        kind: JobKind,
        role_arn: str,
        settings: JobSettings,
        limits: JobLimits,
    ) -> None:
        self._platform = platform
        self._kind = kind
        self._role_arn = role_arn
        self._settings = settings
        self._limits = limits
        self._progress = Progress(platform=platform, document=document, kind=kind)
        self._request = self._progress.document
        self._name: str = self._request[kind.member("Name")]
        self._folder = platform.folder / kind.activity.lower() / self._name
        self._transfers = Transfers(client=self._client("s3"), role_arn=role_arn, region=platform.region)
        self._at_end = contextlib.ExitStack()
        self._containers: list[Signals] = []
        self._stopping = threading.Event()
        self._aborted: str | None = None
        self._ending = self._overdue = False
        self._over = threading.Event()

    @abstractmethod
    def _fetch(self) -> None:
        """Download what the job needs into its folder."""

    @abstractmethod
    def _run_containers(self) -> Result | None:
        """Run the containers to their end, each attached once it has started; None if they were stopped for nothing."""

    @abstractmethod
    def _upload(self, result: Result) -> tuple[str, Document]:
        """Upload what the containers made, and return the job's status and the members to set with it."""

    def run(self) -> None:
        """Run to the end; the document says how it went."""
        self._settings.on_change(self._progress.document)
        try:
            with disk_failures("The files of the job could not be written"):
                self._live()
        except JobFailed as failure:
            self._close(status="Failed", changes={"FailureReason": failure.reason})
        except BaseException:
            # Only here: once a job is closed, its folder may be that of another of its name.
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        finally:
            self._at_end.close()
            self._over.set()
        self._settings.on_change(self._progress.document)

    def _live(self) -> None:
        # Fetch, with the credentials of the role, onto a volume of the size that was asked for.
        try:
            require_keys(platform=self._platform, role_arn=self._role_arn, request=self._request)
        except ServiceError as error:
            raise JobFailed(f"ClientError: {error.message}") from error
        self._folder.mkdir(parents=True)
        self._progress.set({f"{self._kind.activity}StartTime": self._progress.now()})
        self._fetch()
        limited_volume = self._limits.gigabytes is not None
        if limited_volume and self._volume.left().exceeded:
            raise volume_full()

        # Run, until the containers end by themselves, are stopped, or reach a limit.
        result: Result | None = None
        if not self._stopping.is_set():
            with contextlib.ExitStack() as watches:
                if self._limits.seconds is not None:
                    due = self._progress.now() + timedelta(seconds=self._limits.seconds)
                    watches.callback(self._platform.clock.at(moment=due, run=self._exceed).cancel)
                if limited_volume:
                    watches.enter_context(VolumeWatch(volume=self._volume, on_full=lambda: self._abort(FULL)))
                result = self._run_containers()
        if self._ending:
            raise JobFailed(STOPPED_WITH_ALL)

        # Upload what they made, and close.
        if result is None:
            self._close(status="Stopped", changes={})
        else:
            status, changes = self._upload(result)
            self._close(status=status, changes=changes)

    def _close(self, *, status: str, changes: Document) -> None:
        """Set the members that a job has once it has ended: who waited reads its log, or takes its name again."""
        self._at_end.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        ended = {f"{self._kind.activity}EndTime": self._progress.now(), self._kind.member("Status"): status}
        self._progress.set(changes | ended)

    def stop(self) -> None:
        """Ask the containers to end, or end before the first one starts."""
        self._stopping.set()
        for container in list(self._containers):
            container.stop()

    def end(self) -> None:
        """Kill the containers; nothing is saved."""
        self._ending = True
        self._stopping.set()
        self._abort("the local AWS was closed")

    def fail(self) -> None:
        """Close the job as failed by an internal error."""
        self._close(status="Failed", changes={"FailureReason": INTERNAL})

    def _attach(self, container: Signals) -> None:
        """Have a container stopped or killed when the job is, or at once if the job has been already."""
        self._containers.append(container)
        if self._aborted is not None:
            container.abort(self._aborted)
        elif self._stopping.is_set():
            container.stop()

    def _abort(self, error: str) -> None:
        self._aborted = error
        for container in list(self._containers):
            container.abort(error)

    def _exceed(self) -> None:
        """Stop the job at its time limit."""
        self._overdue = True
        self.stop()
        # Whoever moves the clock may have given up waiting for the job, but is to wait for its end.
        self._platform.clock.run_in_background(self._over.wait, name=f"end of {self._name}")

    @property
    def _volume(self) -> Volume:
        gigabytes = self._limits.gigabytes
        size = DEFAULT_BYTES if gigabytes is None else gigabytes * self._settings.gigabyte
        return Volume(folder=self._folder, most_bytes=size)

    def _client(self, service: str) -> Any:
        return self._platform.role_client(role_arn=self._role_arn, service=service)

    def _open_log(self, stream: str) -> JobLog:
        """Open a stream of the kind's log group, named after the job; it is closed when the job has ended."""
        group, name = f"/aws/sagemaker/{self._kind.name}s", f"{self._name}/{stream}"
        log = JobLog(stream=LogStream(client=self._client("logs"), group=group, stream=name), now=self._progress.now)
        self._at_end.callback(log.close)
        return log
