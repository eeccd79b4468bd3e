"""Run one command in a process group of its own, and leave nothing of it behind.

A program and not a library: `python guard.py [--remove FOLDER] COMMAND ...`. Its standard input is a lifeline,
held by whoever started it. When that closes, because its owner let go, was interrupted or was killed, the whole
group is killed. SIGTERM is passed on to the group. When the command ends, whatever it started in the group ends
too, and the guard exits as it did (128 and the signal's number when a signal ended it). A folder that is to be
removed goes last, also when nobody else is left to see to it. It imports as little as it can: each job starts one.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

_REMOVALS = 50
_REMOVAL_SECONDS = 0.1


def main(arguments: Sequence[str]) -> int:
    """Run the command under guard, and return the exit code."""
    folder, command = (arguments[1], arguments[2:]) if arguments[0] == "--remove" else (None, arguments)
    code = _run(command)
    if folder is not None:
        _remove(folder)
    return code


def _run(command: Sequence[str]) -> int:
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


def _remove(folder: str) -> None:
    # Only here: most commands have no folder of their own.
    import shutil

    # Processes of the command's own that have guards of theirs may write for a moment yet.
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):  # noqa: PTH110 - pathlib would cost each job its import
            return
        time.sleep(_REMOVAL_SECONDS)


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
