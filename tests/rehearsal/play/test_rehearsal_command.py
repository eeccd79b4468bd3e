"""`python -m modelyard.rehearsal`: careless input, and the clock by hand."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelyard.rehearsal.play.workspace import REPOSITORY
from rehearsed import Rehearsed
from support import processes


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | variables
    return subprocess.run(
        [sys.executable, "-m", "modelyard.rehearsal", *words],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_model_that_is_none_is_answered_with_those_there_are() -> None:
    ended = run("play", "chrun")
    assert ended.returncode != 0
    assert "got chrun" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("duration", ["1", "h", "-1h", "0h", "1w", "1e3h"])
def test_a_duration_that_is_none_is_answered_with_an_example(duration: str) -> None:
    ended = run("advance", "--", duration)
    assert ended.returncode != 0
    assert "such as 1h" in ended.stderr


def test_the_clock_cannot_be_moved_where_no_rehearsal_is_named() -> None:
    ended = run("advance", "1h")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("AWS_ENDPOINT_URL must name a rehearsal, it is not set")


def test_the_clock_of_aws_is_left_alone() -> None:
    ended = run("advance", "1h", AWS_ENDPOINT_URL="https://sagemaker.us-east-1.amazonaws.com")
    assert ended.returncode == 1
    assert "must stay on the loopback" in ended.stderr


def test_an_address_at_which_nobody_answers_is_said() -> None:
    ended = run("advance", "1h", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert ended.returncode == 1
    assert "no rehearsal answers at http://127.0.0.1:9" in ended.stderr


def test_the_clock_of_a_rehearsal_moves(local_aws: Rehearsed) -> None:
    before = local_aws.now()
    ended = run("advance", "90s", **local_aws.reach.variables())
    assert ended.stdout.strip().endswith("UTC")
    assert 90 <= (local_aws.now() - before).total_seconds() < 120


def test_an_interrupt_in_the_middle_of_the_play_leaves_nothing(tmp_path: Path) -> None:
    temporary, output = tmp_path / "tmp", tmp_path / "output"
    temporary.mkdir()
    with (tmp_path / "printed").open("w+") as printed:
        playing = subprocess.Popen(
            [sys.executable, "-m", "modelyard.rehearsal", "play", "churn", "--output", str(output)],
            env=os.environ | {"TMPDIR": str(temporary)},
            cwd=REPOSITORY,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _await_text(tmp_path / "printed", "Bootstrap the account")
        os.killpg(playing.pid, signal.SIGINT)
        assert playing.wait(timeout=60) == 130
    assert "Interrupted; everything of the rehearsal has ended" in (tmp_path / "printed").read_text()
    assert "Traceback" not in (tmp_path / "printed").read_text()
    assert list(temporary.iterdir()) == []
    assert processes.naming(temporary) == []


def _await_text(file: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in file.read_text():
        assert time.monotonic() < deadline, file.read_text()
        time.sleep(0.05)
