from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.costs.prices import shipped
from modelyard.operations.traffic.idleness import EndpointUse, idleness, use_of
from support.endpoints import Endpoints
from support.local_aws import SharedLocalAws

TWO_WEEKS = timedelta(days=14)
LARGE = {"ml.m5.large": 2}


@pytest.fixture(scope="module")
def host(local_aws: SharedLocalAws) -> Iterator[Endpoints]:
    made = Endpoints(aws=local_aws, bucket=local_aws.bucket(), role=local_aws.role())
    yield made
    made.end()


@pytest.fixture(scope="module")
def endpoint(host: Endpoints) -> str:
    """An endpoint of two instances that was asked three times after it was made."""
    name = host.served(count=2)
    for _ in range(3):
        host.invoke(name)
    host.aws.advance(seconds=60)
    return name


@pytest.fixture
def reached(local_aws: SharedLocalAws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    for name, value in local_aws.connection.variables().items():
        monkeypatch.setenv(name, value)
    return Aws()


def created(host: Endpoints, endpoint: str) -> datetime:
    moment: datetime = host.describe(endpoint)["CreationTime"]
    return moment


def lines(use: EndpointUse) -> list[str]:
    return list(idleness(endpoint="dev-churn", use=use.record(prices=shipped())))


def test_requests_of_two_weeks_are_counted(host: Endpoints, endpoint: str, reached: Aws) -> None:
    use = use_of(aws=reached, endpoint=endpoint, now=created(host, endpoint) + TWO_WEEKS)

    assert (use.requests, use.instances, use.is_idle) == (3, LARGE, False)


def test_an_endpoint_that_nobody_has_asked_for_two_weeks_is_idle(host: Endpoints, endpoint: str, reached: Aws) -> None:
    use = use_of(aws=reached, endpoint=endpoint, now=created(host, endpoint) + TWO_WEEKS + timedelta(days=2))

    assert (use.requests, use.is_idle) == (0, True)


def test_an_endpoint_that_is_new_is_not_idle(host: Endpoints, reached: Aws) -> None:
    name = host.served()

    use = use_of(aws=reached, endpoint=name, now=created(host, name) + timedelta(days=13))

    assert (use.requests, use.is_idle) == (0, False)


def test_without_the_permission_it_is_not_known(
    host: Endpoints, endpoint: str, local_aws: SharedLocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = created(host, endpoint) + TWO_WEEKS
    allowed = {"Effect": "Allow", "Action": "sagemaker:Describe*", "Resource": "*"}
    for name, value in (local_aws.connection.variables() | local_aws.credentials(allowed)).items():
        monkeypatch.setenv(name, value)

    use = use_of(aws=Aws(), endpoint=endpoint, now=now)

    assert (use.requests, use.is_idle) == (None, None)
    assert lines(use) == ["Whether anybody asks the endpoint dev-churn is not known: its metrics may not be read"]


@pytest.mark.parametrize(
    ("instances", "price"),
    [
        (LARGE, "167.90 US dollars a month"),
        ({"ml.m5.large": 1, "ml.unknown.large": 1}, "a price that is not known"),
        ({"": 2}, "a price that is not known"),
    ],
)
def test_an_idle_endpoint_is_named_with_its_price(instances: Mapping[str, int], price: str) -> None:
    use = EndpointUse(requests=0, instances=instances, is_new=False)

    assert lines(use) == [f"Nobody has asked the endpoint dev-churn for 14 days; it costs {price}"]


@pytest.mark.parametrize("instances", [{"serverless": 1}, {"ml.m5.large": 0}, {}])
def test_an_endpoint_without_instances_is_not_idle(instances: Mapping[str, int]) -> None:
    use = EndpointUse(requests=0, instances=instances, is_new=False)

    assert (use.is_idle, lines(use)) == (False, [])
