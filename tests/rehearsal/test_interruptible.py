"""An interrupt, in whatever line of a process's start it comes."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.synth import ROOT

# The start of a process runs some 400 lines of Python, most of them in subprocess and threading.
LINES = range(1, 420, 9)
PROGRAM = """
import os, sys, threading
import typer
from pathlib import Path
from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.rehearsal.interruptible import run_interruptible

line, command = int(sys.argv[1]), sys.argv[2:]
app = typer.Typer()

@app.command()
def start():
    passed = 0
    def trace(frame, event, argument):
        nonlocal passed
        # An interrupt between two lines of a lock is the interpreter's: what it raises then is a RuntimeError.
        if frame.f_code.co_filename == threading.__file__:
            return None
        passed += event == "line"
        if passed == line:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace
    sys.settrace(trace)
    ContainerProcess(command=command, environment={}, folder=Path.cwd(), on_line=lambda *_: None)
    sys.settrace(None)
    raise KeyboardInterrupt

code = run_interruptible(app, [], name="start")
# Asked before this process ends, as its end is what lets go of every lifeline.
try:
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
except ChildProcessError:
    print("no child is left")
sys.exit(code)
"""


@pytest.mark.parametrize("line", LINES)
def test_an_interrupt_in_any_line_of_a_start_leaves_no_process(tmp_path: Path, line: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(line), "/usr/bin/sleep", "60"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stderr) == (130, "Interrupted; everything of the rehearsal has ended\n")
    assert ended.stdout == "no child is left\n"
