"""`yard certify`: what it says before it begins, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.certification import life
from modelyard.operations.certification.record import write_record
from modelyard.operations.certification.steps import Life
from modelyard.operations.cli import certify
from modelyard.rehearsal.session import Rehearsal
from support.projects import cdk, make_project
from support.records import call, record
from support.synth import ROOT
from support.yard import Yard

RUN = ("certify", "run", "churn")


def test_without_yes_it_says_what_it_would_do_and_what_that_takes(yard: Yard) -> None:
    said = yard(*RUN)
    assert said.code == 0
    assert said.out.startswith("would play foundation and training, data, training, endpoint, capture, check, scaling")
    announced = " ".join(said.err.split())
    assert "A life in the stage certify takes about 83 minutes and 0.48 USD by us-east-1's prices of" in announced
    assert "It ends, and is deleted, before 150 minutes or 3 USD" in announced


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--max-usd", "0.1"), "--max-usd must be at least 0.48, as a life usually takes, got 0.1; raise it"),
        (("--max-minutes", "30"), "--max-minutes must be at least 82.60, as a life usually takes, got 30; raise it"),
        (("--max-usd", "0"), "--max-usd must be above 0, got 0; leave it out for the default"),
        (("--prices", "none.toml"), "--prices must name a table as prices.toml is one, got none.toml"),
    ],
)
def test_a_ceiling_that_cannot_be_kept_is_refused_before_anything_begins(
    yard: Yard, options: tuple[str, ...], said: str
) -> None:
    found = yard(*RUN, "--yes", *options)
    assert found.code == 1
    assert said in found.err


def test_a_model_that_a_life_cannot_play_is_refused(yard: Yard) -> None:
    found = yard("certify", "run", "churn_forest")
    assert found.code == 1
    assert "[serving] with one variant and no shadow" in found.err
    assert found.err.endswith("for a certification; name another, such as churn\n")


def test_an_account_without_the_toolkit_is_refused(yard: Yard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Other tests bootstrap the account that all of them share.
    monkeypatch.setattr(life, "TOOLKIT", "AnotherToolkit")
    found = yard(*RUN, "--yes", "--output", str(tmp_path / "record.json"))
    assert found.code == 1
    assert "The stack AnotherToolkit must be there for cdk deploy, it is not; first: cdk bootstrap" in found.err
    assert not (tmp_path / "record.json").exists()


def test_a_teardown_that_is_interrupted_says_how_it_goes_on(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(_life: Life, **_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(certify, "check_free", lambda _: None)
    monkeypatch.setattr(certify, "play", interrupted)
    found = yard(*RUN, "--yes", "--output", str(tmp_path / "record.json"))
    assert found.code == 130
    assert "The teardown did not come to its end; it goes on by: yard certify clear churn" in found.err
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_record_that_cannot_be_written_is_refused_before_anything_begins(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(certify, "check_free", lambda _: None)
    found = yard(*RUN, "--yes", "--output", str(tmp_path / "none" / "record.json"))
    assert found.code == 1
    assert "No such file or directory; name another, or make it usable" in found.err


def test_where_nothing_was_left_there_is_nothing_to_clear(yard: Yard) -> None:
    found = yard("certify", "clear", "churn", "--json")
    assert (found.code, found.document) == (0, {"left": []})


def test_two_records_that_are_alike_end_with_0_and_others_with_2(yard: Yard, tmp_path: Path) -> None:
    write_record(record(calls=[call(answer={"State": "On"})]), file=tmp_path / "ours.json")
    write_record(record(calls=[call(answer={"State": "Off"})]), file=tmp_path / "theirs.json")
    ours, theirs = str(tmp_path / "ours.json"), str(tmp_path / "theirs.json")
    assert yard("certify", "compare", ours, ours).code == 0
    found = yard("certify", "compare", theirs, ours)
    assert found.code == 2
    assert "sagemaker DescribeModel" in found.out
    assert "answer.State" in found.out
    assert "1 difference in 1 calls" in found.out


def test_a_terminated_life_is_deleted_and_its_record_is_written(tmp_path: Path) -> None:
    """As a process of its own, which a pipeline ends in the middle of a deploy."""
    folder = make_project(
        tmp_path / "project", stage="dev", manifests={"churn": (ROOT / "models/churn.toml").read_text()}
    )
    with Rehearsal() as rehearsal:
        environment = rehearsal.connection.environment(os.environ) | {
            "PYTHONPATH": str(ROOT),
            "CDK_VALIDATION": "false",
        }
        cdk("bootstrap", folder=folder, stage="dev", environment=environment)
        command = [sys.executable, "-m", "modelyard.operations", *RUN, "--yes", "--json", "--output", "record.json"]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True)
        cloudformation = rehearsal.connection.client("cloudformation")
        deadline = time.monotonic() + 120
        while len(cloudformation.describe_stacks()["Stacks"]) < 2:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 1, err
        assert "Traceback" not in err
        document = json.loads(out)
        assert (document["ended"], document["left"]) == ("interrupted", [])
        assert [one["StackName"] for one in cloudformation.describe_stacks()["Stacks"]] == ["CDKToolkit"]
        assert json.loads((folder / "record.json").read_text())["ended"] == "interrupted"
