from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.containers.local_commands import LocalCommands
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Store
from support.local_aws import SharedLocalAws
from support.monitored_endpoint import MonitoredEndpoint, ScriptedJobs, Storage

START = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def s3(local_aws: SharedLocalAws) -> Any:
    return local_aws.client("s3")


@pytest.fixture(scope="module")
def bucket(local_aws: SharedLocalAws) -> str:
    return local_aws.bucket()


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock(start=START)
    yield clock
    clock.close()


@pytest.fixture
def storage(s3: Any) -> Storage:
    return Storage(s3=s3)


@pytest.fixture
def platform(clock: Clock, tmp_path: Path, storage: Storage) -> Platform:
    return Platform(
        clock=clock,
        store=Store(),
        identities=storage,
        folder=tmp_path,
        commands=LocalCommands(file=tmp_path / "local_commands.toml"),
        account="123456789012",
        region="eu-west-1",
    )


@pytest.fixture
def watched(platform: Platform, s3: Any, bucket: str, local_aws: SharedLocalAws) -> MonitoredEndpoint:
    watched = MonitoredEndpoint(platform=platform, s3=s3, bucket=bucket, folder=local_aws.name("captured"))
    watched.serve()
    return watched


@pytest.fixture
def jobs(platform: Platform) -> ScriptedJobs:
    return ScriptedJobs(platform=platform)
