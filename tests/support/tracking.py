"""MLflow Apps of tests: whether this machine has a server for one, one that runs, and its real client."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from support.local_aws import SharedLocalAws
from support.synth import ROOT

PYTHON = ROOT / ".tracking" / "bin" / "python"
needs_mlflow = pytest.mark.skipif(not PYTHON.exists(), reason="an MLflow server is not installed: make tracking")
SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class App:
    """An app of the local AWS, and the bucket of its artifacts."""

    local_aws: SharedLocalAws
    arn: str
    bucket: str

    def run(self, program: str, *, variables: Mapping[str, str] | None = None) -> Any:
        """Run a program with MLflow's real client, and return what it prints as JSON."""
        environment = self.local_aws.connection.environment(os.environ) | {"MLFLOW_TRACKING_URI": self.arn}
        ended = subprocess.run(
            [str(PYTHON), "-c", program],
            env={**environment, **({} if variables is None else variables)},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout.strip().rpartition("\n")[2])


def start_app(local_aws: SharedLocalAws) -> App:
    """Make an app, and wait until it is there."""
    bucket, sagemaker = local_aws.bucket(), local_aws.client("sagemaker")
    arn = sagemaker.create_mlflow_app(
        Name=local_aws.name("tracking"), ArtifactStoreUri=f"s3://{bucket}/runs", RoleArn=local_aws.role()
    )["Arn"]
    assert await_app(local_aws, arn=arn) == "Created"
    return App(local_aws=local_aws, arn=arn, bucket=bucket)


def await_app(local_aws: SharedLocalAws, *, arn: str) -> str:
    """Return the status of an app once it is no longer on its way."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        status = str(local_aws.client("sagemaker").describe_mlflow_app(Arn=arn)["Status"])
        if not status.endswith("ing"):
            return status
        time.sleep(0.2)
    raise AssertionError(f"{arn} is not there after {SECONDS} s")
