"""Which callers the services of ours answer."""

import botocore.exceptions
import pytest

from modelyard.rehearsal.clients import make_client
from support.local_aws import SharedLocalAws


@pytest.mark.parametrize(
    ("service", "operation", "request_"),
    [
        ("sagemaker", "list_models", {}),
        ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "any", "Body": b"1"}),
        ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "sagemaker"}),
        ("service-quotas", "list_service_quotas", {"ServiceCode": "sagemaker"}),
    ],
)
def test_a_caller_of_another_region_finds_nothing_of_this_one_s(
    local_aws: SharedLocalAws, service: str, operation: str, request_: dict[str, object]
) -> None:
    place = local_aws.connection
    elsewhere = make_client(
        service, endpoint=place.endpoint, region="eu-west-1", key=place.account, secret=place.secret
    )
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        getattr(elsewhere, operation)(**request_)
    assert refused.value.response["Error"]["Message"] == (
        "the region must be us-east-1, which is this local AWS's, got eu-west-1; name that region, or start another "
        "local AWS: rehearsal serve --region eu-west-1"
    )
