"""Regular expressions that others wrote, matched in a process that ends when one of them takes too long.

Python's `re` holds the interpreter's lock while it backtracks, so that one expression on one line could stop
everything that the local AWS answers.
"""

import atexit
import contextlib
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

MATCHER = Path(__file__).with_name("matcher.py")
# An expression that matches in one way only takes microseconds for a line of the usual length.
SECONDS = 5.0

Call = tuple[str, ...]


class RegexError(ValueError):
    """An expression that is none, or that took too long for a text; `index` is its call's among those asked."""

    def __init__(self, message: str, *, index: int) -> None:
        super().__init__(message)
        self.index = index


class RegexesClosedError(Exception):
    """Nothing is matched any more."""


class Regexes:
    """Matches expressions, one request at a time, in a process that starts with the first.

    `seconds` of processor time is what one expression may take for one text. The process ends with its owner.
    """

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()

    def ask(self, call: str, pattern: str, text: str, *more: str) -> Any:
        """Return the answer to one call; raises as `answers` does."""
        return self.answers([(call, pattern, text, *more)])[0]

    def answers(self, calls: Sequence[Call]) -> list[Any]:
        """Return the answer to each call: the name of one of `rehearsal.matcher`'s, a pattern, a text and the rest.

        Raises:
            RegexError: an expression is none, or took too long.
            RegexesClosedError: this is closed, or was closed meanwhile.

        """
        with self._lock:
            answers = self._exchange(calls)
        for index, (answer, (_, pattern, *_rest)) in enumerate(zip(answers, calls, strict=True)):
            if "error" in answer:
                raise RegexError(f"{pattern!r} is no regular expression: {answer['error']}", index=index)
        return [answer["found"] for answer in answers]

    def close(self) -> None:
        """End the process, also in the midst of an answer."""
        self._closed.set()
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._discard()

    def _exchange(self, calls: Sequence[Call]) -> list[dict[str, Any]]:
        if self._closed.is_set():
            raise RegexesClosedError
        if self._process is None:
            self._process = self._start()
            # Whoever closed this meanwhile has seen no process, and waits until nobody asks any more.
            if self._closed.is_set():
                self._discard()
                raise RegexesClosedError
        lines: list[bytes] = []
        try:
            requests, answers = _pipes(self._process)
            requests.write(json.dumps(calls).encode() + b"\n")
            requests.flush()
            while len(lines) < len(calls) and (line := answers.readline()).endswith(b"\n"):
                lines.append(line)
        except BrokenPipeError:
            # The process has ended, which the missing answers say already.
            lines.clear()
        if len(lines) < len(calls):
            raise self._ended(call=calls[len(lines)], index=len(lines))
        return [json.loads(line) for line in lines]

    def _ended(self, *, call: Call, index: int) -> RegexError | RegexesClosedError:
        """Return what it means that the process has ended; the next request starts another."""
        code = self._discard()
        if self._closed.is_set():
            return RegexesClosedError()
        _, pattern, text, *_ = call
        if code == -signal.SIGVTALRM:
            what = f"took more than {self._seconds:g} s of processor time for {len(text):,} characters"
        else:
            what = f"could not be matched: the process for it was ended ({code})"
        return RegexError(f"{pattern!r} {what}", index=index)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", str(MATCHER), str(self._seconds)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own program

    def _discard(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        code = process.wait()
        for pipe in _pipes(process):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        return code


# For what is no job's: one process for all that the local AWS matches itself.
SHARED = Regexes(seconds=1.0)
atexit.register(SHARED.close)


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise TypeError("the process must have been started with pipes")
    return process.stdin, process.stdout
