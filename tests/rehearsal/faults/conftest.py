from collections.abc import Callable, Iterator

import pytest

from modelyard.rehearsal.faults import Fault
from support.cloudformation import Stacks
from support.endpoints import Endpoints
from support.jobs import JobRequests
from support.local_aws import SharedLocalAws

Inject = Callable[..., None]


@pytest.fixture
def inject(local_aws: SharedLocalAws) -> Iterator[Inject]:
    """Set rules on the shared local AWS, which go with the test; each must be about the test's own names."""
    yield lambda **rule: local_aws.connection.inject(Fault(**rule))
    local_aws.connection.clear_faults()


@pytest.fixture
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    host = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield host
    host.end()


@pytest.fixture
def job_requests(local_aws: SharedLocalAws) -> JobRequests:
    return JobRequests(local_aws=local_aws, bucket=local_aws.bucket())


@pytest.fixture
def stacks(local_aws: SharedLocalAws) -> Iterator[Stacks]:
    stacks = Stacks(aws=local_aws)
    yield stacks
    stacks.end()
