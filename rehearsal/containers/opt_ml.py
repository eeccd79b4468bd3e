"""Whether the processes of a container find its folder at /opt/ml here, as they do on AWS."""

import functools
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path("/opt/ml")
GUARD = Path(__file__).with_name("guard.py")
TRIAL_SECONDS = 10
MARK = "here"


def seen(root: Path) -> Path:
    """Return where the processes of a container find the folder that stands for its /opt/ml."""
    return ROOT if obstacle() is None else root


@functools.cache
def obstacle() -> str | None:
    """Return why this system lets the user mount nothing at /opt/ml, or None where it does; tried once a process."""
    if sys.platform != "linux":
        return "only Linux has what it takes"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, MARK).touch()
        trial = [sys.executable, "-I", "-S", str(GUARD), "--opt-ml", folder, "/bin/sh", "-c", f"test -f {ROOT / MARK}"]
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
