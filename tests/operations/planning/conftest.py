from collections.abc import Iterator

import pytest
from hosts import Host

from rehearsed import Rehearsed
from support.cloudformation import Stacks
from support.plans import Deployer


@pytest.fixture(scope="module")
def host(local_aws: Rehearsed) -> Iterator[Host]:
    made = Host(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()


@pytest.fixture(scope="module")
def stacks(local_aws: Rehearsed, host: Host) -> Iterator[Stacks]:
    made = Stacks(aws=local_aws)
    yield made
    made.end()


@pytest.fixture
def deployer(stacks: Stacks, host: Host) -> Iterator[Deployer]:
    """Deploys stacks of a test, which go while the next test runs."""
    yield Deployer(stacks=stacks, host=host)
    stacks.leave()
