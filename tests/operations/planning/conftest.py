from collections.abc import Iterator

import pytest

from support.cloudformation import Stacks
from support.endpoints import Endpoints
from support.local_aws import SharedLocalAws
from support.plans import Deployer


@pytest.fixture(scope="module")
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    made = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()


@pytest.fixture(scope="module")
def stacks(local_aws: SharedLocalAws, host: Endpoints) -> Iterator[Stacks]:
    made = Stacks(aws=local_aws)
    yield made
    made.end()


@pytest.fixture
def deployer(stacks: Stacks, host: Endpoints) -> Iterator[Deployer]:
    """Deploys stacks of a test, which go while the next test runs."""
    yield Deployer(stacks=stacks, host=host)
    stacks.leave()
