from collections.abc import Iterator

import pytest
from hosts import Host

from rehearsed import Rehearsed


@pytest.fixture(scope="module")
def host(local_aws: Rehearsed) -> Iterator[Host]:
    """An account in which a module's tests make endpoints."""
    made = Host(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()
