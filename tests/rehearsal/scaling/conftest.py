from collections.abc import Iterator

import pytest

from support.endpoints import Endpoints
from support.local_aws import SharedLocalAws
from support.scaled import Scaled


@pytest.fixture(scope="module")
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    """An account in which a module's tests make endpoints."""
    made = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()


@pytest.fixture
def scaled(host: Endpoints) -> Iterator[Scaled]:
    made = Scaled(host)
    yield made
    if made.client.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[made.members["ResourceId"]])[
        "ScalableTargets"
    ]:
        made.client.deregister_scalable_target(**made.members)
