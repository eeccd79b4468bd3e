"""A process of a container: its lines are handed on as printed, and nothing of it outlives its owner."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from modelyard.rehearsal.containers import networks, opt_ml
from modelyard.rehearsal.containers.namespaces import GUARD
from modelyard.rehearsal.containers.networks import Network

# A script that prints without ever ending its line must not fill the memory: what is longer comes in pieces.
LONGEST_LINE = 65_536
DRAIN_SECONDS = 5.0
STOPPED_SECONDS = 0.2
ERROR_LINES_KEPT = 200
TRACEBACK = "Traceback (most recent call last)"
IGNORED = "Exception ignored "

LineHandler = Callable[[str, str], None]
RUNNING: set["ContainerProcess"] = set()


class ContainerProcess:
    """A command under guard.

    `on_line` is called from two threads, with `stdout` or `stderr` and a line without its end; what it raises
    is raised again by `wait`. `on_end` is called once, from a third thread, when the process and its output
    have ended. `leftovers` is a folder that goes when the process has ended, even if its owner was killed. `root` is
    what the process finds at /opt/ml, and without a `network` it reaches nothing but itself, where the system lets it.
    """

    def __init__(
        self,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        on_line: LineHandler,
        on_end: Callable[[], None] = lambda: None,
        leftovers: Path | None = None,
        root: Path | None = None,
        network: Network = Network.INTERNET,
    ) -> None:
        self._on_end = on_end
        self._fault: BaseException | None = None
        self._ended = threading.Event()
        self._errors: deque[str] = deque(maxlen=ERROR_LINES_KEPT)
        self._process = subprocess.Popen(  # noqa: S603 - the caller's own command, and no shell
            [
                sys.executable,
                "-I",
                "-S",
                str(GUARD),
                *([] if leftovers is None else ["--remove", str(leftovers)]),
                *([] if root is None or opt_ml.obstacle() is not None else ["--opt-ml", str(root)]),
                *([] if network is not Network.NONE or networks.obstacle() is not None else ["--network", network]),
                *command,
            ],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            process_group=0,
        )
        RUNNING.add(self)
        outputs = {"stdout": self._process.stdout, "stderr": self._process.stderr}

        def handle_line(stream: str, line: str) -> None:
            if stream == "stderr":
                self._errors.append(line)
            on_line(stream, line)

        self._readers = [
            _Reader(stream=stream, name=name, on_line=handle_line, on_fault=self._give_up)
            for name, stream in outputs.items()
            if stream is not None
        ]
        threading.Thread(target=self._await_end, daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """The exit code, 128 and the signal's number after a signal, or None while the process runs."""
        if not self._ended.is_set():
            return None
        code = int(self._process.returncode)
        return code if code >= 0 else 128 - code

    @property
    def last_words(self) -> str:
        """The exception that the process printed last, or else the last line of its standard error."""
        return last_words(tuple(self._errors))

    def wait(self, *, timeout: float | None = None) -> int | None:
        """Wait for the end, and return the exit code, or None if it still runs after `timeout` seconds."""
        self._ended.wait(timeout)
        if self._fault is not None:
            raise self._fault
        return self.exit_code

    def stop(self, *, grace: float) -> None:
        """Ask the process to end, and kill it if it has not after `grace` seconds."""
        self.terminate()
        if self.wait(timeout=grace) is None:
            self.kill()

    def terminate(self) -> None:
        """Send SIGTERM to the command's process group, and return at once."""
        if self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """Kill the guard's command with all its descendants, and wait for its end."""
        self.let_go()
        while not self._ended.wait(STOPPED_SECONDS):
            self.let_go()

    def let_go(self) -> None:
        """Let go of the lifeline, so that the guard kills all that it holds, and return at once."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        # The command is the guard's own user, and may have stopped it.
        self._process.send_signal(signal.SIGCONT)

    def _give_up(self, fault: BaseException) -> None:
        self._fault = fault
        self.let_go()

    def _await_end(self) -> None:
        self._process.wait()
        for reader in self._readers:
            reader.drain()
        self.let_go()
        RUNNING.discard(self)
        self._ended.set()
        self._on_end()


def kill_all() -> None:
    """Kill whatever runs, and wait for the end of this process's children: nothing else is to be started any more.

    For a process that was interrupted, which may be while one is being started, when nobody has it yet to end it.
    """
    for process in list(RUNNING):
        process.let_go()
    # One whose start was interrupted may be in no list: its lifeline went with it, and its guard is about to end.
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


class _Reader(threading.Thread):
    """Hands on the lines of one of a process's outputs."""

    def __init__(
        self, *, stream: IO[str], name: str, on_line: LineHandler, on_fault: Callable[[BaseException], None]
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._stream = stream
        self._on_line = on_line
        self._on_fault = on_fault
        self._lines = 0
        self._handling = False
        self.start()

    def run(self) -> None:
        """Read to the end; what a line's handler raises ends it too."""
        try:
            while line := self._stream.readline(LONGEST_LINE):
                self._handling = True
                self._on_line(self.name, line.rstrip("\r\n"))
                self._lines += 1
                self._handling = False
        except BaseException as fault:  # noqa: BLE001 - wait() raises it in the thread of the owner
            self._on_fault(fault)
        finally:
            self._stream.close()

    def drain(self) -> None:
        """Wait until all is handed on, or nothing has come for a while: a process elsewhere may keep the pipe open."""
        before = -1
        while self.is_alive() and (self._handling or self._lines > before):
            before = self._lines
            self.join(DRAIN_SECONDS)


def last_words(lines: Sequence[str]) -> str:
    """Return the exception of the last traceback, or the last line that is not blank.

    What an exception's text tells below it stays, as the places in a library do. What Python prints of exceptions that
    it ignores, as of objects that are removed at the end, is nobody's last word.
    """
    printed = [line for line in lines if line.strip()]
    ignored = [index for index, line in enumerate(printed) if line.startswith(IGNORED)]
    printed = printed[: ignored[0]] if ignored and ignored[0] else printed
    tracebacks = [index for index, line in enumerate(printed) if TRACEBACK in line]
    if not tracebacks:
        return printed[-1].strip() if printed else ""
    frames = printed[tracebacks[-1] + 1 :]
    exception = list(itertools.dropwhile(lambda line: line.startswith("  "), frames))
    return "\n".join(exception) if exception else frames[-1].strip() if frames else TRACEBACK
