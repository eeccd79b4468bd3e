"""Requests at a rate, from several threads."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.operations.failures import code_of
from modelyard.operations.traffic.statistics import Reply

# How many requests may wait for their answers at once: enough for 100 a second that take half a second each.
MOST_THREADS = 64

Sent = TypeVar("Sent")


@dataclass(kw_only=True)
class Sender(Generic[Sent]):
    """Sends bodies, one after the other and then again from the first, at a rate, for a time.

    `send` takes a body, whatever that is, and returns the variant that answered. A request that cannot be sent in
    time, because all threads wait, is sent as soon as one is free: the rate that was reached says so.
    """

    send: Callable[[Sent], str]
    bodies: Sequence[Sent]
    rate: float
    seconds: float
    threads: int = MOST_THREADS
    _replies: list[Reply] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _stop: Event = field(default_factory=Event)
    _began: float = 0.0

    @property
    def replies(self) -> list[Reply]:
        """What has come back so far."""
        with self._lock:
            return list(self._replies)

    @property
    def elapsed(self) -> float:
        """Seconds since the first request."""
        return time.perf_counter() - self._began

    def run(self, *, look: Callable[[], None], every: float) -> None:
        """Send it all; `look` is called every so many seconds. An interruption stops sending and waits for answers."""
        self._began = time.perf_counter()
        total = max(round(self.rate * self.seconds), 1)
        with ThreadPoolExecutor(max_workers=min(self.threads, total)) as pool:
            try:
                looked = 0.0
                for number in range(total):
                    due = number / self.rate
                    while (wait := due - self.elapsed) > 0:
                        time.sleep(min(wait, every))
                        looked = self._look(look=look, every=every, looked=looked)
                    pool.submit(self._one, self.bodies[number % len(self.bodies)])
                while len(self.replies) < total:
                    time.sleep(min(every, 0.05))
                    looked = self._look(look=look, every=every, looked=looked)
            finally:
                self._stop.set()
        look()

    def _look(self, *, look: Callable[[], None], every: float, looked: float) -> float:
        if self.elapsed - looked < every:
            return looked
        look()
        return self.elapsed

    def _one(self, body: Sent) -> None:
        if self._stop.is_set():
            return
        sent = self.elapsed
        variant, error = "", ""
        try:
            variant = self.send(body)
        except ClientError as refused:
            error = code_of(refused)
        except BotoCoreError as broken:
            error = type(broken).__name__
        with self._lock:
            self._replies.append(Reply(sent=sent, seconds=self.elapsed - sent, variant=variant, error=error))
