from collections.abc import Callable, Iterator

import pytest
from hosts import Host
from job_floor import JobFloor

from modelyard.rehearsal.faults import Fault
from rehearsed import Rehearsed
from support.cloudformation import Stacks

Inject = Callable[..., None]


@pytest.fixture
def inject(local_aws: Rehearsed) -> Iterator[Inject]:
    """Set rules on the shared local AWS, which go with the test; each must be about the test's own names."""
    yield lambda **rule: local_aws.connection.inject(Fault(**rule))
    local_aws.connection.clear_faults()


@pytest.fixture
def host(local_aws: Rehearsed) -> Iterator[Host]:
    host = Host(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield host
    host.end()


@pytest.fixture
def floor(local_aws: Rehearsed) -> JobFloor:
    return JobFloor(local_aws=local_aws, bucket=local_aws.bucket())


@pytest.fixture
def stacks(local_aws: Rehearsed) -> Iterator[Stacks]:
    stacks = Stacks(aws=local_aws)
    yield stacks
    stacks.end()
