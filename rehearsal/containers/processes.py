"""A process of a container: its lines are handed on as printed, and nothing of it outlives its owner."""

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

GUARD = Path(__file__).with_name("guard.py")
# A script that prints without ever ending its line must not fill the memory: what is longer comes in pieces.
LONGEST_LINE = 65_536
_DRAIN_SECONDS = 5.0

LineHandler = Callable[[str, str], None]


class ContainerProcess:
    """A command under guard.

    `on_line` is called from two threads, with `stdout` or `stderr` and a line without its end; what it raises
    is raised again by `wait`. `on_end` is called once, from a third thread, when the process and its output
    have ended. `leftovers` is a folder that goes when the process has ended, even if its owner was killed.
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
    ) -> None:
        self._on_line = on_line
        self._on_end = on_end
        self._fault: BaseException | None = None
        self._ended = threading.Event()
        self._process = subprocess.Popen(  # noqa: S603 - the caller's own command, and no shell
            [
                sys.executable,
                "-I",
                "-S",
                str(GUARD),
                *([] if leftovers is None else ["--remove", str(leftovers)]),
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
        self._readers = [self._reader(name="stdout"), self._reader(name="stderr")]
        threading.Thread(target=self._await_end, daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """The exit code, 128 and the signal's number after a signal, or None while the process runs."""
        if not self._ended.is_set():
            return None
        code = int(self._process.returncode)
        return code if code >= 0 else 128 - code

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
        """Send SIGTERM to the whole group, and return at once."""
        if self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """Let go of the lifeline, so that the guard kills the whole group, and wait for its end."""
        self._let_go()
        self._ended.wait()

    def _reader(self, *, name: str) -> threading.Thread:
        stream = self._process.stdout if name == "stdout" else self._process.stderr
        thread = threading.Thread(target=self._read, kwargs={"name": name, "stream": stream}, daemon=True)
        thread.start()
        return thread

    def _read(self, *, name: str, stream: IO[str]) -> None:
        try:
            while line := stream.readline(LONGEST_LINE):
                self._on_line(name, line.rstrip("\r\n"))
        except BaseException as fault:  # noqa: BLE001 - wait() raises it in the thread of the owner
            self._fault = fault
            self._let_go()
        finally:
            stream.close()

    def _await_end(self) -> None:
        self._process.wait()
        for reader in self._readers:
            # A daemon that left the group may hold the pipe open for ever.
            reader.join(_DRAIN_SECONDS)
        self._let_go()
        self._ended.set()
        self._on_end()

    def _let_go(self) -> None:
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
