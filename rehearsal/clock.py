"""The clock of a rehearsal: it goes as any clock does, and can be moved forward.

Everything that depends on time (schedules, bake times, cooldowns, the folders of captured records) sets a timer here.
Moving the clock runs every timer on the way, in order, each at its own moment, so that an hour passes in no time and
nothing that should have happened in it is skipped.
"""

import contextlib
import heapq
import itertools
import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

TIMEOUT_SECONDS = 30.0
_logger = logging.getLogger(__name__)


@dataclass(order=True, slots=True)
class Timer:
    """A function that is to be called at a moment, unless it is cancelled before.

    Of those at one moment, the lowest `rank` comes first, and within it the one that was set first.
    """

    moment: datetime
    rank: int
    number: int
    run: Callable[[], object] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Do not run it; a run that has begun is not interrupted."""
        self.cancelled = True


@dataclass(slots=True)
class Recurrence:
    """A timer that is set again each time, until it is cancelled."""

    rank: int
    next: Timer | None = None
    cancelled: bool = False

    def cancel(self) -> None:
        """Set no further timer."""
        self.cancelled = True
        if self.next is not None:
            self.next.cancel()


class Clock:
    """A clock that can be moved forward, never back.

    Timers run one at a time, in the thread of the clock or of whoever moves it; what takes long belongs in
    `run_in_background`. `moved` is called with each distance by which the clock was moved, before anything runs at the
    new time.
    """

    def __init__(self, *, start: datetime | None = None, moved: Callable[[timedelta], None] = lambda _: None) -> None:
        self._base = datetime.now(UTC) if start is None else start
        self._started = time.monotonic()
        self._offset = timedelta()
        self._moved = moved
        self._queue: list[Timer] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._turn = threading.RLock()
        self._working: set[int] = set()
        # Background work for which a whole timeout was spent: it is not waited for again.
        self._overdue: set[int] = set()
        self._closed = False
        threading.Thread(target=self._run_timers, name="clock", daemon=True).start()

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return self._base + timedelta(seconds=time.monotonic() - self._started) + self._offset

    @property
    def offset(self) -> timedelta:
        """How far it was moved."""
        return self._offset

    def skip(self, distance: timedelta) -> None:
        """Move the clock forward and run nothing."""
        self._offset += distance
        self._moved(distance)

    def at(self, *, moment: datetime, run: Callable[[], object], rank: int = 0) -> Timer:
        """Call `run` at a moment, or at once if that is past; `rank` as a `Timer` has it."""
        timer = Timer(moment=moment, rank=rank, number=next(self._numbers), run=run)
        with self._changed:
            heapq.heappush(self._queue, timer)
            self._changed.notify_all()
        return timer

    def every(self, *, seconds: float, run: Callable[[], object], rank: int = 0) -> Recurrence:
        """Call `run` at each whole multiple of `seconds`: with 60, at each full minute; `rank` as a `Timer` has it."""
        recurrence = Recurrence(rank=rank)

        def again() -> None:
            self._schedule(recurrence=recurrence, seconds=seconds, run=again)
            run()

        self._schedule(recurrence=recurrence, seconds=seconds, run=again)
        return recurrence

    def sleep(self, *, seconds: float) -> None:
        """Wait until the clock has gone on so far, by itself or because it was moved."""
        over = threading.Event()
        self.at(moment=self.now() + timedelta(seconds=seconds), run=over.set)
        over.wait()

    def run_in_background(self, run: Callable[[], object], *, name: str = "background") -> threading.Thread:
        """Run something long in a thread of its own; whoever moves the clock waits for it."""
        number = self._begin()

        def counted() -> None:
            try:
                run()
            finally:
                self._end(number)

        thread = threading.Thread(target=counted, name=name, daemon=True)
        thread.start()
        return thread

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Have whoever moves the clock wait for what is done inside."""
        number = self._begin()
        try:
            yield
        finally:
            self._end(number)

    def advance(self, *, seconds: float, timeout: float = TIMEOUT_SECONDS) -> None:
        """Move the clock forward and run every timer on the way.

        Background work that a timer starts is waited for before the clock goes on, for `timeout` seconds at most and
        once: a job that hangs must meet its time limit.

        Raises:
            ValueError: the distance is not a number of seconds above 0.

        """
        if not (math.isfinite(seconds) and seconds > 0):
            raise ValueError(f"seconds must be above 0, got {seconds:g}; the clock only goes forward")
        with self._turn:
            target = self.now() + timedelta(seconds=seconds)
            self._settle(timeout)
            while (timer := self._next(until=target)) is not None:
                self._move(to=timer.moment)
                self._fire(timer)
                self._settle(timeout)
            self._move(to=target)

    def forget_work(self) -> None:
        """Have nobody wait for the work that goes on now."""
        with self._changed:
            self._overdue |= self._working
            self._changed.notify_all()

    def close(self) -> None:
        """Run no further timers."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _schedule(self, *, recurrence: Recurrence, seconds: float, run: Callable[[], object]) -> None:
        if recurrence.cancelled:
            return
        # The one that runs may run a little early or late; the next is the first multiple after its own moment.
        last = self.now() if recurrence.next is None else recurrence.next.moment
        steps = math.floor(last.timestamp() / seconds + 1e-9) + 1
        moment = datetime.fromtimestamp(steps * seconds, UTC)
        recurrence.next = self.at(moment=moment, run=run, rank=recurrence.rank)

    def _run_timers(self) -> None:
        while not self._closed:
            with self._changed:
                seconds = (self._queue[0].moment - self.now()).total_seconds() if self._queue else None
                if not self._closed and (seconds is None or seconds > 0):
                    self._changed.wait(seconds)
            with self._turn:
                while not self._closed and (timer := self._next(until=self.now())) is not None:
                    self._fire(timer)

    def _next(self, *, until: datetime) -> Timer | None:
        with self._changed:
            while self._queue and self._queue[0].moment <= until:
                timer = heapq.heappop(self._queue)
                if not timer.cancelled:
                    return timer
        return None

    def _fire(self, timer: Timer) -> None:
        try:
            timer.run()
        except Exception:
            # One service's fault must not stop the time of all others; it is in the log, which the scenario keeps.
            _logger.exception("what was due at %s failed", timer.moment)

    def _move(self, *, to: datetime) -> None:
        distance = to - self.now()
        if distance > timedelta():
            self.skip(distance)

    def _begin(self) -> int:
        number = next(self._numbers)
        with self._changed:
            self._working.add(number)
        return number

    def _end(self, number: int) -> None:
        with self._changed:
            self._working.discard(number)
            self._overdue.discard(number)
            self._changed.notify_all()

    def _settle(self, timeout: float) -> None:
        with self._changed:
            settled = self._changed.wait_for(lambda: self._working <= self._overdue or self._closed, timeout=timeout)
            if not settled:
                self._overdue |= self._working
                _logger.warning("the clock went on after %g s, with work still going on", timeout)
