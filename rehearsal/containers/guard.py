"""Run one command in a process group of its own, and leave nothing of it behind.

A program and not a library: `python guard.py COMMAND ...`. Its standard input is a lifeline, held by whoever
started it. When that closes, because its owner let go, was interrupted or was killed, the whole group is
killed. SIGTERM is passed on to the group. When the command ends, whatever it started in the group ends too,
and the guard exits as it did (128 and the signal's number when a signal ended it). It imports as little as it
can: each job starts one.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence


def main(command: Sequence[str]) -> int:
    """Run the command under guard, and return the exit code."""
    # Blocked until the handler knows whom to pass it to: a SIGTERM that comes before must not be lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    child = subprocess.Popen(  # noqa: S603 - the owner's own command, and no shell
        command, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=_unblock
    )
    signal.signal(signal.SIGTERM, lambda *_: _signal_group(group=child.pid, number=signal.SIGTERM))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    threading.Thread(target=_kill_when_let_go, args=(child.pid,), daemon=True).start()
    code = child.wait()
    _signal_group(group=child.pid, number=signal.SIGKILL)
    return code if code >= 0 else 128 - code


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _kill_when_let_go(group: int) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    _signal_group(group=group, number=signal.SIGKILL)


def _signal_group(*, group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        # It has ended already; macOS says "not permitted" of a group of which only zombies are left.
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
