from collections.abc import Iterator

import pytest

from support.called_apis import Api, CalledApis, credentials_of
from support.cloudformation import Stacks
from support.endpoints import Endpoints
from support.local_aws import SharedLocalAws


@pytest.fixture(scope="package")
def apis(local_aws: SharedLocalAws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalledApis]:
    host = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    stacks = Stacks(aws=local_aws)
    yield CalledApis(host=host, stacks=stacks, folder=tmp_path_factory.mktemp("apis"))
    stacks.end()
    host.end()


@pytest.fixture(scope="package")
def api(apis: CalledApis) -> Api:
    """An API whose callers sign, and one of them, who may do everything."""
    made = apis.deploy()
    made.signed_by = credentials_of(apis.host.aws.client("sts"))
    return made
