from collections.abc import Iterator

import pytest

from support.endpoints import Endpoints
from support.local_aws import SharedLocalAws


@pytest.fixture(scope="module")
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    """An account in which a module's tests make endpoints."""
    made = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()
