"""The wait for a signal, whenever it comes."""

import re
import signal
import subprocess
import sys

from modelyard.rehearsal.containers.ending import Ending
from support.synth import ROOT

# The signal comes while one line after the other of the wait is carried out: those of the library that it uses, too.
AT_EACH_LINE = """
import signal, sys
from modelyard.rehearsal.containers.ending import Ending

def at_line(number):
    passed = 0

    def trace(frame, event, _):
        nonlocal passed
        passed += event == "line"
        if event == "line" and passed == number:
            signal.raise_signal(signal.SIGINT)
        return trace

    ending = Ending(signal.SIGINT)
    sys.settrace(trace)
    ending.wait(seconds=0.001)
    sys.settrace(None)
    assert ending.wait(seconds=0) == (passed >= number), number
    return passed

number = 1
while at_line(number) >= number:
    number += 1
print(number - 1, "lines")
"""


def test_a_signal_at_any_line_of_the_wait_ends_it() -> None:
    script = [sys.executable, "-c", AT_EACH_LINE]
    ended = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout.split()[0]) >= 3


def test_without_a_signal_the_wait_ends_by_itself_and_says_so() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    try:
        ending = Ending(signal.SIGUSR1)

        assert not ending.wait(seconds=0.01)
        signal.raise_signal(signal.SIGUSR1)
        assert [ending.wait(), ending.wait()] == [True, True]
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_no_handler_of_a_signal_takes_a_lock() -> None:
    handler = re.compile(r"signal\.signal\(.*\.(set|stop|release|notify\w*)\(")
    rooms = ("drift", "operations", "rehearsal", "scenario", "shared")
    files = [file for room in rooms for file in (ROOT / room).rglob("*.py")]

    assert len(files) > 100
    assert [file for file in files if handler.search(file.read_text(encoding="utf-8"))] == []
