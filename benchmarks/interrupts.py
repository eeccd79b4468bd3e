"""Ctrl-C at any moment of a rehearsal: how it ends, how long that takes, and what is left.

`python -m benchmarks.interrupts --every 10` runs the scenario of churn again and again and interrupts it each time ten
seconds later, until one ends by itself. It prints the last step that had ended, the exit code, the seconds to the end,
and every process or temporary file that remained; it ends with 1 if there was any, or if a scenario ended otherwise
than with 130.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PROC = Path("/proc")
INTERRUPTED = 130
MOST_SECONDS = 120
PRINTED = "✔"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a scenario ended that was interrupted after some seconds; `interrupted` is false if it was done before."""

    after: float
    interrupted: bool
    step: str
    code: int
    seconds: float
    remains: tuple[str, ...]

    @property
    def is_clean(self) -> bool:
        """Whether it ended as it should."""
        return not self.remains and self.code == (INTERRUPTED if self.interrupted else 0)

    @property
    def line(self) -> str:
        """The ending in a line of the table."""
        how = "interrupted" if self.interrupted else "done before"
        left = ", ".join(self.remains) if self.remains else "nothing left"
        ended = f"{how:11}  code {self.code:3}  {self.seconds:5.1f} s to end"
        return f"{self.after:6.1f} s  {ended}  {self.step:45}  {left}"


def endings(*, model: str, every: float) -> Iterator[Ending]:
    """Interrupt one scenario after another, each later than the one before, until one was done before."""
    for turn in count(start=1):
        ending = interrupted_scenario(model=model, after=every * turn)
        yield ending
        if not ending.interrupted:
            return


def interrupted_scenario(*, model: str, after: float) -> Ending:
    """Run the scenario, press Ctrl-C after some seconds, and look at what is left."""
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder) / "tmp"
        temporary.mkdir()
        printed = Path(folder) / "printed"
        with printed.open("w") as output:
            process = _start(model=model, temporary=temporary, output=output.fileno())
            interrupted = _interrupt(process, after=after)
            began = time.monotonic()
            code = process.wait(timeout=MOST_SECONDS)
        seconds = time.monotonic() - began
        step = _last_line(printed.read_text(encoding="utf-8"))
        return Ending(
            after=after,
            interrupted=interrupted,
            step=step,
            code=code,
            seconds=seconds,
            remains=_remains(temporary),
        )


def _start(*, model: str, temporary: Path, output: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "modelyard.scenario", model, "--output", str(temporary.parent / "output")]
    return subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _interrupt(process: subprocess.Popen[bytes], *, after: float) -> bool:
    """Send what a terminal sends at Ctrl-C, to all that run in it; false if nothing runs any more."""
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
        return True
    return False


def _remains(temporary: Path) -> tuple[str, ...]:
    files = [str(path.relative_to(temporary)) for path in sorted(temporary.iterdir())]
    return (*files, *_commands(naming=str(temporary)))


def _commands(*, naming: str) -> Iterator[str]:
    for process in PROC.iterdir():
        if process.name.isdigit() and naming in _read(process / "cmdline") + _read(process / "environ"):
            yield _read(process / "cmdline")


def _read(file: Path) -> str:
    """Read a file of a process, or nothing of one that has just ended or is another user's."""
    try:
        return file.read_bytes().decode(errors="replace").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return ""


def _last_line(printed: str) -> str:
    ended = [line for line in printed.splitlines() if line.startswith(PRINTED)]
    return ended[-1].removeprefix(PRINTED).strip()[:45] if ended else "before the first"


def main() -> int:
    """Print a line for each ending; 1 if any was not clean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="churn")
    parser.add_argument("--every", type=float, default=10, help="seconds between the moments")
    given = parser.parse_args()
    unclean = 0
    for ending in endings(model=given.model, every=given.every):
        print(ending.line, flush=True)
        unclean += not ending.is_clean
    return 1 if unclean else 0


if __name__ == "__main__":
    sys.exit(main())
