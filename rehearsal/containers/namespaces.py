"""What a system lets the guard of a process take for it alone: tried, and not guessed."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")
TRIAL_SECONDS = 10


def obstacle_to(*, options: Sequence[str], command: Sequence[str]) -> str | None:
    """Return why the guard cannot start a command with these options, or None where the command ends well."""
    if sys.platform != "linux":
        return "only Linux has what it takes"
    trial = [sys.executable, "-I", "-S", str(GUARD), *options, *command]
    # The open pipe is the guard's lifeline.
    with subprocess.Popen(  # noqa: S603 - this program's own, and no shell
        trial, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            code = process.wait(timeout=TRIAL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return f"a trial did not end within {TRIAL_SECONDS} s"
        said = [] if process.stderr is None else process.stderr.readlines()
    if code == 0:
        return None
    return f"a trial ended with {said[-1].strip() if said else f'exit code {code}'}"
