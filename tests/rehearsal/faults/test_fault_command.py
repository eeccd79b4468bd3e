"""`python -m modelyard.rehearsal fault` and `mend`."""

import os
import subprocess
import sys
from collections.abc import Iterator

import botocore.exceptions
import pytest

from rehearsed import Rehearsed
from support.synth import ROOT


@pytest.fixture(autouse=True)
def mended(local_aws: Rehearsed) -> Iterator[None]:
    yield
    local_aws.reach.mend()


def run(aws: Rehearsed, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "modelyard.rehearsal", *words],
        env=environment | aws.reach.variables(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_fault_strikes_until_it_is_mended_which_says_how_often(local_aws: Rehearsed) -> None:
    bucket = local_aws.bucket()
    given = run(local_aws, "fault", "s3", "PutObject", "--error", "AccessDenied", "--about", bucket)
    assert (given.returncode, given.stderr) == (0, "")
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        local_aws.client("s3").put_object(Bucket=bucket, Key="x", Body=b"")
    mended = run(local_aws, "mend")
    assert mended.stdout.startswith("struck 1 times: {")
    local_aws.client("s3").put_object(Bucket=bucket, Key="x", Body=b"")


def test_a_fault_that_cannot_be_is_answered_with_a_sentence(local_aws: Rehearsed) -> None:
    refused = run(local_aws, "fault", "s3")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("error, drop or delay must be given")
