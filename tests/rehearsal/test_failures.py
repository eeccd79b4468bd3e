"""What goes wrong with a rehearsal itself: each ends as it would on AWS, and nothing of it stays."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import botocore.exceptions
import pytest
from aws_cdk import aws_sagemaker as sagemaker

from modelyard.rehearsal.session import Connection, Rehearsal
from modelyard.scenario.commands import Commands, Running
from modelyard.shared.loopback import NO_SETTINGS_OF_THE_USER
from support import processes
from support.endpoints import Endpoints
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws
from support.synth import ROOT

PATIENCE_SECONDS = 60.0
GUARD_AND_LOCAL_AWS = 2
SLEEPS = "import time\nprint('I sleep', flush=True)\ntime.sleep(600)\n"
BUCKET = json.dumps({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "the-same"}}}})


def until(holds: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


@pytest.fixture
def rehearsal() -> Iterator[Rehearsal]:
    """A rehearsal of a test's own, to be harmed."""
    with Rehearsal() as made:
        yield made


@pytest.fixture
def slow_app(tmp_path: Path, rehearsal: Rehearsal) -> Path:
    """An app of one endpoint, whose model takes three seconds to load."""
    aws = SharedLocalAws(connection=rehearsal.connection)
    name = Endpoints(aws=aws, bucket=aws.bucket(), role=aws.role()).model("slow")
    app = cdk.App(outdir=str(tmp_path / "app"))
    stack = cdk.Stack(app, "slow", synthesizer=cdk.BootstraplessSynthesizer())
    variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        model_name=name,
        variant_name="primary",
        instance_type="ml.m5.large",
        initial_instance_count=1,
        initial_variant_weight=1,
    )
    config = sagemaker.CfnEndpointConfig(stack, "Config", production_variants=[variant])
    sagemaker.CfnEndpoint(stack, "Endpoint", endpoint_config_name=config.attr_endpoint_config_name)
    app.synth()
    return tmp_path / "app"


@pytest.fixture
def deploying(rehearsal: Rehearsal, slow_app: Path, tmp_path: Path) -> Iterator[Running]:
    """The CDK CLI in the middle of a deploy, whose endpoint has a process by now, when the local AWS is killed."""
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    commands = Commands(connection=rehearsal.connection, folder=tmp_path, log=tmp_path / "log")
    with commands.start("cdk", "deploy", "--app", str(slow_app), "--require-approval", "never") as running:
        until(lambda: len(processes.naming(rehearsal.folder)) > GUARD_AND_LOCAL_AWS)
        (pid,) = local_aws_of(rehearsal)
        os.kill(pid, signal.SIGKILL)
        yield running


@pytest.mark.usefixtures("deploying")
def test_a_local_aws_that_is_killed_in_mid_deploy_leaves_nothing(rehearsal: Rehearsal) -> None:
    until(lambda: not processes.naming(rehearsal.folder))
    until(lambda: not rehearsal.running)
    rehearsal.close()
    assert not processes.answers(rehearsal.connection.endpoint)
    assert not rehearsal.folder.exists()


@pytest.mark.skipif(os.environ.get("CI") != "true", reason="the CLI tries again for two minutes")
def test_the_cli_ends_with_an_error_where_its_aws_is_gone(deploying: Running) -> None:
    output = deploying.wait(timeout=300)
    assert output is not None
    assert output.code != 0
    assert "ECONNREFUSED" in "\n".join((*output.lines, *output.errors))


def test_an_interrupt_while_a_job_runs_leaves_nothing(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        job_requests = JobRequests(local_aws=SharedLocalAws(connection=served.connection), bucket="jobs")
        job_requests.local_aws.client("s3").create_bucket(Bucket="jobs")
        request = job_requests.training(SLEEPS)
        job_requests.sagemaker.create_training_job(**request)
        until(lambda: any("-m train" in command for command in processes.naming(served.folder)))
        os.killpg(served.process.pid, signal.SIGINT)
        assert served.process.wait(PATIENCE_SECONDS) == 0
    assert processes.naming(served.folder) == []
    assert not processes.answers(served.connection.endpoint)
    assert not served.folder.exists()


def test_a_killed_owner_takes_its_local_aws_along(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        served.process.kill()
        until(lambda: not processes.naming(served.folder))
    assert not processes.answers(served.connection.endpoint)
    assert not served.folder.exists()


def test_two_rehearsals_at_once_see_only_their_own() -> None:
    with Rehearsal() as one, Rehearsal() as other:
        for aws in (one, other):
            aws.connection.client("cloudformation").create_stack(StackName="the-same", TemplateBody=BUCKET)
            aws.connection.client("cloudformation").get_waiter("stack_create_complete").wait(StackName="the-same")
        one.connection.client("s3").put_object(Bucket="the-same", Key="of one", Body=b"")
        other.connection.client("cloudformation").delete_stack(StackName="the-same")
        other.connection.client("cloudformation").get_waiter("stack_delete_complete").wait(StackName="the-same")
        assert one.connection.client("s3").list_objects_v2(Bucket="the-same")["KeyCount"] == 1
        assert other.connection.client("s3").list_buckets()["Buckets"] == []


def test_the_credentials_of_one_rehearsal_are_no_good_at_another(rehearsal: Rehearsal) -> None:
    with Rehearsal() as other:
        mixed = Connection(endpoint=rehearsal.connection.endpoint, secret=other.connection.secret, region="us-east-1")
        with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
            mixed.client("s3").list_buckets()


@pytest.fixture
def real_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator["Trap"]:
    """An environment as of someone who works with AWS; its endpoint is a trap that tells of each caller."""
    (tmp_path / "config").write_text("[profile production]\nregion = eu-west-1\n")
    (tmp_path / "credentials").write_text(f"[production]\naws_access_key_id = {KEY}\naws_secret_access_key = s\n")
    with Trap() as trap:
        for name, value in {
            "AWS_PROFILE": "production",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": "real",
            "AWS_SESSION_TOKEN": "token",
            "AWS_ENDPOINT_URL": trap.endpoint,
            "AWS_ENDPOINT_URL_S3": trap.endpoint,
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        }.items():
            monkeypatch.setenv(name, value)
        yield trap


KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.mark.usefixtures("real_account")
def test_a_local_aws_is_started_without_anyones_credentials(rehearsal: Rehearsal) -> None:
    (pid,) = local_aws_of(rehearsal)
    found = processes.environment(pid)
    assert KEY not in found
    named = dict(line.split("=", 1) for line in found.splitlines() if line.startswith("AWS_"))
    assert named == {name: value for name, value in NO_SETTINGS_OF_THE_USER.items() if name.startswith("AWS_")}


def test_a_job_acts_in_the_rehearsals_own_account(real_account: "Trap", rehearsal: Rehearsal) -> None:
    job_requests = JobRequests(local_aws=SharedLocalAws(connection=rehearsal.connection), bucket="jobs")
    job_requests.local_aws.client("s3").create_bucket(Bucket="jobs")
    told = job_requests.training("import os\nprint({k: v for k, v in os.environ.items() if k.startswith('AWS_')})\n")
    assert job_requests.train(told)["TrainingJobStatus"] == "Completed"
    (line,) = [
        line for line in job_requests.log("TrainingJobs", told["TrainingJobName"]) if "AWS_ACCESS_KEY_ID" in line
    ]
    assert KEY not in line
    assert "AWS_PROFILE" not in line
    assert rehearsal.connection.endpoint in line
    assert real_account.callers == []


def test_the_commands_of_a_rehearsal_reach_nothing_else(
    real_account: "Trap", rehearsal: Rehearsal, tmp_path: Path
) -> None:
    commands = Commands(connection=rehearsal.connection, folder=tmp_path, log=tmp_path / "log")
    whose = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    assert commands.run(sys.executable, "-c", whose).text == rehearsal.connection.account
    assert real_account.callers == []


class Trap:
    """An address on the loopback that keeps count of who connects."""

    def __init__(self) -> None:
        self.callers: list[Any] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> "Trap":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that accepts is not woken by the close of its socket, but by a caller.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                caller, address = self._listener.accept()
            except OSError:
                return
            self.callers.append(address)
            caller.close()


class Served:
    """A rehearsal that a command of its own process group serves, as in a terminal."""

    def __init__(self, *, process: "subprocess.Popen[str]", folder: Path, connection: Connection) -> None:
        self.process = process
        self.folder = folder
        self.connection = connection

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def serving(folder: Path) -> Served:
    """Start `python -m modelyard.rehearsal serve` and read how it is reached."""
    process = subprocess.Popen(
        [sys.executable, "-m", "modelyard.rehearsal", "serve"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    found: dict[str, str] = {}
    while "AWS_ENDPOINT_URL" not in found:
        exported = re.match(r"export (\w+)=(.*)", process.stdout.readline())
        found |= {} if exported is None else {exported[1]: exported[2]}
    (own,) = folder.glob("modelyard-rehearsal-*")
    connection = Connection(
        endpoint=found["AWS_ENDPOINT_URL"], secret=found["AWS_SECRET_ACCESS_KEY"], region="us-east-1"
    )
    return Served(process=process, folder=own, connection=connection)


def local_aws_of(rehearsal: Rehearsal) -> list[int]:
    """Return the process of a rehearsal's local AWS, without the guard, which repeats its command."""
    words = ("modelyard.rehearsal.cloud", str(rehearsal.folder))
    return [pid for pid in processes.pids(*words) if pid not in processes.pids("guard.py", *words)]
