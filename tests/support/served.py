"""A local AWS as a user starts it, in a terminal."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from support.synth import ROOT


@contextmanager
def serving() -> Iterator[str]:
    """The lines that `rehearsal serve` prints for a shell, while it answers."""
    command = (sys.executable, "-m", "modelyard.rehearsal", "serve")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        printed = []
        for line in server.stdout:
            printed.append(line)
            if line.startswith("Ctrl-C"):
                break
        first = next(number for number, line in enumerate(printed) if line.startswith("unset"))
        last = next(number for number, line in enumerate(printed) if line.startswith("export no_proxy"))
        yield "".join(printed[first : last + 1])
        server.terminate()
