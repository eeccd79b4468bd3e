"""The signals that ask a process to end, and the wait for them."""

import queue
import signal


class Ending:
    """Whether a signal has asked this process to end.

    Not a `threading.Event`: a handler runs in the main thread between any two of its steps, so that one that sets the
    event for which the main thread is just beginning to wait would wait for its own lock for ever. Into a `SimpleQueue`
    a handler may put something (Python library reference, `queue.SimpleQueue.put`).
    """

    def __init__(self, *numbers: signal.Signals) -> None:
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._is_asked = False
        for number in numbers:
            signal.signal(number, lambda *_: self._asked.put(None))

    def wait(self, *, seconds: float | None = None) -> bool:
        """Return whether a signal has come, within so many seconds or whenever it does."""
        if not self._is_asked:
            try:
                self._asked.get(timeout=seconds)
            except queue.Empty:
                return False
            self._is_asked = True
        return True
