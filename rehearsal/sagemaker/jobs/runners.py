"""The running jobs of one kind: each in a thread of its own, and none outlives its service."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from modelyard.rehearsal.clock import Clock

_logger = logging.getLogger(__name__)


class Running(Protocol):
    """A job that runs."""

    def run(self) -> None:
        """Run to the end."""

    def stop(self) -> None:
        """Ask it to end as a Stop request does, and return at once."""

    def end(self) -> None:
        """Kill what it has started, and return at once."""


@dataclass(slots=True)
class _Entry:
    job: Running
    ended: threading.Event = field(default_factory=threading.Event)


class JobRunner:
    """Starts jobs, and knows those that run; the clock waits for them when it is moved."""

    def __init__(self, *, clock: Clock, kind: str) -> None:
        self._clock = clock
        self._kind = kind
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._closed = False

    def start(self, *, name: str, job: Running, on_fault: Callable[[], None]) -> None:
        """Run a job; `on_fault` is called when it ends by an error that is none of its own."""
        entry = _Entry(job=job)
        with self._lock:
            if self._closed:
                return
            self._entries[name] = entry
        self._clock.work(lambda: self._run(name=name, entry=entry, on_fault=on_fault), name=f"{self._kind} {name}")

    def stop(self, name: str) -> None:
        """Ask a job to end, if it runs."""
        entry = self._find(name)
        if entry is not None:
            entry.job.stop()

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        """Wait for a job's end, and return whether it has come."""
        entry = self._find(name)
        return True if entry is None else entry.ended.wait(timeout)

    def close(self) -> None:
        """Kill all jobs, wait for them, and start no more."""
        with self._lock:
            self._closed = True
            entries = list(self._entries.values())
        for entry in entries:
            entry.job.end()
        for entry in entries:
            entry.ended.wait()

    def _find(self, name: str) -> _Entry | None:
        with self._lock:
            return self._entries.get(name)

    def _run(self, *, name: str, entry: _Entry, on_fault: Callable[[], None]) -> None:
        try:
            entry.job.run()
        except Exception:
            _logger.exception("%s %s ended by a fault of the rehearsal's", self._kind, name)
            on_fault()
        finally:
            with self._lock:
                del self._entries[name]
            entry.ended.set()
