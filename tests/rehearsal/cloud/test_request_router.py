"""Which callers the services of ours answer, and where."""

import botocore.exceptions
import pytest
from botocore.awsrequest import AWSRequest

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


def test_nothing_answers_at_a_path_of_an_endpoint_that_is_no_operation_s(local_aws: SharedLocalAws) -> None:
    runtime = local_aws.client("sagemaker-runtime")

    def elsewhere(request: AWSRequest, **_: object) -> None:
        request.url += "-elsewhere"

    runtime.meta.events.register("before-sign.sagemaker-runtime.InvokeEndpoint", elsewhere)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        runtime.invoke_endpoint(EndpointName="any", Body=b"1")
    assert refused.value.response["Error"]["Message"] == "nothing answers at /endpoints/any/invocations-elsewhere"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
