"""`python -m modelyard.rehearsal`: careless input, the clock by hand, and faults."""

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest

from modelyard.rehearsal.session import Rehearsal
from support.local_aws import SharedLocalAws
from support.synth import ROOT


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | variables
    return subprocess.run(
        [sys.executable, "-m", "modelyard.rehearsal", *words],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


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


def test_the_clock_of_a_rehearsal_moves(local_aws: SharedLocalAws) -> None:
    before = local_aws.now()
    ended = run("advance", "90s", **local_aws.connection.variables())
    assert ended.stdout.strip().endswith("UTC")
    assert 90 <= (local_aws.now() - before).total_seconds() < 120


def test_it_answers_at_the_port_that_is_asked_for_or_says_that_it_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        taken = run("serve", "--port", str(port))
    with Rehearsal(port=port) as rehearsal:
        assert rehearsal.connection.endpoint == f"http://127.0.0.1:{port}"
    assert taken.returncode == 1
    assert f"port {port} must be one that is free, Address already in use" in taken.stderr


@pytest.mark.parametrize(("region", "near"), [("mars-1", ""), ("eu-west-11", "eu-west-1"), ("", "")])
def test_a_region_that_there_is_not_is_answered_with_one_that_there_is(region: str, near: str) -> None:
    refused = run("serve", "--region", region)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"--region must be a region of AWS, got {region}; give one such as {near}" in refused.stderr


@contextmanager
def served(*options: str) -> Iterator[Any]:
    """Serve, give a function that makes clients by what was printed, and end it as Ctrl-C does."""
    command = [sys.executable, "-m", "modelyard.rehearsal", "serve", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        exported: dict[str, str] = {}
        for line in serving.stdout:
            name, _, value = line.strip().removeprefix("export ").partition("=")
            exported |= {name: shlex.split(value)[0]} if line.startswith("export ") else {}
            if line.startswith("Ctrl-C"):
                break
        session = boto3.session.Session(
            exported["AWS_ACCESS_KEY_ID"], exported["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1"
        )
        yield lambda service: session.client(service, endpoint_url=exported["AWS_ENDPOINT_URL"])
        serving.send_signal(signal.SIGINT)
    assert serving.returncode == 0


def test_an_account_can_be_one_to_which_model_monitor_is_closed() -> None:
    with served("--closed-model-monitor") as client:
        config = {"MonitoringJobDefinitionName": "check", "MonitoringType": "DataQuality"}
        with pytest.raises(botocore.exceptions.ClientError, match="new customers"):
            client("sagemaker").create_monitoring_schedule(
                MonitoringScheduleName="hourly", MonitoringScheduleConfig=config
            )


def test_what_is_there_at_ctrl_c_is_there_again_with_the_same_folder(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    with served("--state", str(folder)) as client:
        client("s3").create_bucket(Bucket="kept-bucket")
    with served("--state", str(folder)) as client:
        assert [one["Name"] for one in client("s3").list_buckets()["Buckets"]] == ["kept-bucket"]


def test_a_folder_of_the_user_s_is_no_state_and_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    refused = run("serve", "--state", str(tmp_path))
    assert (refused.returncode, [file.name for file in tmp_path.iterdir()]) == (1, ["thesis.tex"])
    assert "must be an empty folder or one of the local AWS" in refused.stderr


@pytest.mark.parametrize(
    ("models", "command"),
    [((), "cdk deploy --all\n"), (("tele", "houses"), "cdk deploy --all -c model=houses\n")],
)
def test_what_serve_says_to_deploy_is_a_model_that_is_there(
    tmp_path: Path, models: tuple[str, ...], command: str
) -> None:
    (tmp_path / "models").mkdir()
    for model in models:
        (tmp_path / "models" / f"{model}.toml").touch()
    with subprocess.Popen(
        [sys.executable, "-m", "modelyard.rehearsal", "serve"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stdout is not None
        lines = list(iter(serving.stdout.readline, "Ctrl-C ends it, and everything in it.\n"))
        serving.send_signal(signal.SIGINT)
    assert f"  {command}" in lines


def test_what_has_less_effect_here_is_said_of_a_rehearsal_and_of_nothing_else() -> None:
    with Rehearsal() as rehearsal:
        ended = run("effects", **rehearsal.connection.variables())
    nowhere = run("effects")

    assert (ended.returncode, ended.stdout) == (0, "There is no stack here\n")
    assert (nowhere.returncode, nowhere.stdout) == (1, "")
    assert nowhere.stderr.startswith("AWS_ENDPOINT_URL must name a rehearsal, it is not set")


@pytest.fixture
def without_faults(local_aws: SharedLocalAws) -> Iterator[None]:
    yield
    local_aws.connection.clear_faults()


@pytest.mark.usefixtures("without_faults")
def test_a_fault_is_hit_until_it_is_cleared_which_says_how_often(local_aws: SharedLocalAws) -> None:
    bucket, variables = local_aws.bucket(), local_aws.connection.variables()
    ended = run("fault", "s3", "PutObject", "--error", "AccessDenied", "--contains", bucket, **variables)
    assert (ended.returncode, ended.stderr) == (0, "")
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        local_aws.client("s3").put_object(Bucket=bucket, Key="x", Body=b"")
    ended = run("clear-faults", **variables)
    assert ended.stdout.startswith("1 hits: {")
    local_aws.client("s3").put_object(Bucket=bucket, Key="x", Body=b"")


def test_a_fault_that_cannot_be_is_answered_with_a_sentence(local_aws: SharedLocalAws) -> None:
    refused = run("fault", "s3", **local_aws.connection.variables())
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("error, drop or delay must be given")
