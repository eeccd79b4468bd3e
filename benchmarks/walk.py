"""What a CreateTrainingJob passes in the local AWS, from the HTTP request to the start of the training script.

`python -m benchmarks.walk` starts a local AWS in this process, sends one request, and lists the modules whose
functions ran before the script did, in the order in which they were first entered, with the number of functions of
each. It counts what background threads do meanwhile, too: the clock, and what writes captured records.
"""

import contextlib
import io
import json
import os
import secrets
import signal
import sys
import tarfile
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType

from modelyard.rehearsal import session
from modelyard.rehearsal.cloud import __main__ as server
from modelyard.rehearsal.cloud import engine

REPOSITORY = Path(__file__).resolve().parents[1]
IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.9-0"
SCRIPT = "import os, pathlib; pathlib.Path(os.environ['STARTED']).touch()\n"
PATIENCE_SECONDS = 60.0


class Recorder:
    """The functions of this repository that are entered while `recording`, by module."""

    def __init__(self) -> None:
        self.recording = False
        self.functions: dict[str, set[str]] = {}
        self.crossings = 0

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        """Note a call; the form that `threading.setprofile` asks for."""
        if event != "call" or not self.recording:
            return
        module = self._module(frame)
        if module is None:
            return
        if not frame.f_code.co_name.startswith("<"):
            self.functions.setdefault(module, set()).add(frame.f_code.co_qualname)
        caller = frame.f_back and self._module(frame.f_back)
        self.crossings += caller is not None and caller != module

    @staticmethod
    def _module(frame: FrameType) -> str | None:
        path = os.path.realpath(frame.f_code.co_filename)
        inside = path.startswith((f"{REPOSITORY}/rehearsal/", f"{REPOSITORY}/shared/"))
        return str(Path(path).relative_to(REPOSITORY)) if inside else None


def send_request(connection: session.Connection, recorder: Recorder) -> None:
    """Put a script and a table into a bucket, and record one training job until its script runs.

    Raises:
        TimeoutError: the script did not start within a minute.

    """
    s3, iam = connection.client("s3"), connection.client("iam")
    s3.create_bucket(Bucket="walk")
    s3.put_object(Bucket="walk", Key="data/rows.csv", Body="1,2\n")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        entry = tarfile.TarInfo("train.py")
        entry.size = len(SCRIPT)
        tar.addfile(entry, io.BytesIO(SCRIPT.encode()))
    s3.put_object(Bucket="walk", Key="sourcedir.tar.gz", Body=archive.getvalue())
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
    role = iam.create_role(RoleName="walk", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]["Arn"]
    iam.put_role_policy(RoleName="walk", PolicyName="all", PolicyDocument=json.dumps({"Statement": [allow]}))
    with tempfile.TemporaryDirectory() as folder:
        started = Path(folder) / "started"
        source = {"S3DataType": "S3Prefix", "S3Uri": "s3://walk/data"}
        recorder.recording = True
        connection.client("sagemaker").create_training_job(
            TrainingJobName="walk",
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            RoleArn=role,
            HyperParameters={
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": "s3://walk/sourcedir.tar.gz",
            },
            InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            OutputDataConfig={"S3OutputPath": "s3://walk/out"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
            Environment={"STARTED": str(started)},
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not started.exists():
            if time.monotonic() > deadline:
                job = connection.client("sagemaker").describe_training_job(TrainingJobName="walk")
                raise TimeoutError(f"the script did not start: {job.get('FailureReason', job['SecondaryStatus'])}")
            time.sleep(0.01)
        recorder.recording = False


class Announcement(io.TextIOBase):
    """The standard output of the server, which prints its address as one line of JSON."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.announced = threading.Event()

    def write(self, text: str) -> int:
        """Keep the address."""
        if text.strip():
            self.endpoint = json.loads(text)["endpoint"]
            self.announced.set()
        return len(text)


def main() -> int:
    """Print the modules in the order in which the request enters them, and return the exit code."""
    recorder, announcement, secret = Recorder(), Announcement(), secrets.token_hex(20)
    failures: list[BaseException] = []

    def call() -> None:
        try:
            announcement.announced.wait(PATIENCE_SECONDS)
            connection = session.Connection(endpoint=announcement.endpoint, secret=secret, region="us-east-1")
            send_request(connection, recorder)
        except BaseException as error:  # noqa: BLE001 - raised again below, when the server has ended
            failures.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    client = threading.Thread(target=call)
    threading.setprofile(recorder)
    sys.setprofile(recorder)
    os.environ[engine.SECRET] = secret
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(announcement):
        client.start()
        server.main(["--folder", folder, "--region", "us-east-1", "--account", session.ACCOUNT])
    sys.setprofile(None)
    threading.setprofile(None)
    if failures:
        raise failures[0]
    for module, functions in recorder.functions.items():
        print(f"{len(functions):4}  {module}")
    total = sum(map(len, recorder.functions.values()))
    print(f"{len(recorder.functions)} modules, {total} functions, {recorder.crossings} calls between modules")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # As in the server's own process: its threads may still hold what the interpreter would collect.
    os._exit(code)
