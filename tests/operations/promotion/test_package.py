"""What is read of a package that is to be served."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.package import servable_package
from modelyard.operations.training.packages import artifacts_of

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/dev-leavers/1"
ALGORITHM = "arn:aws:sagemaker:us-east-1:865070037744:algorithm/decision-trees-0123456789abcdef"
ARTIFACT = "s3://data/leavers/training/1/j/output/model.tar.gz"
SOURCE = {"SourceAlgorithms": [{"AlgorithmName": ALGORITHM, "ModelDataUrl": ARTIFACT}]}
SERVED = {"Image": "865070037744.dkr.ecr.us-east-1.amazonaws.com/trees@sha256:0", "ProductId": "prod-0123"}
OWN = {"Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/trees:1", "ModelDataUrl": ARTIFACT}


class Described(Aws):
    """AWS that describes one package, in the words of its API's model."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(region="us-east-1")
        self._sagemaker = boto3.client(
            "sagemaker", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        stubber = Stubber(self._sagemaker)
        package = {
            "ModelPackageName": "dev-leavers/1",
            "ModelPackageArn": ARN,
            "CreationTime": 0,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "ModelApprovalStatus": "Approved",
            "SourceAlgorithmSpecification": SOURCE,
        }
        stubber.add_response("describe_model_package", package | changes, {"ModelPackageName": ARN})
        stubber.activate()

    def client(self, service: str, *, connections: int = 10) -> Any:
        del service, connections
        return self._sagemaker


def test_of_a_product_the_artifact_is_read_and_no_image_pulled() -> None:
    found = servable_package(aws=Described(InferenceSpecification={"Containers": [SERVED]}), arn=ARN)

    assert (found.images, found.artifacts) == ((), (ARTIFACT,))


def test_of_an_algorithm_of_one_s_own_image_and_artifact_are_read_once() -> None:
    found = servable_package(aws=Described(InferenceSpecification={"Containers": [OWN]}), arn=ARN)

    assert (found.images, found.artifacts) == ((OWN["Image"],), (ARTIFACT,))


@pytest.mark.parametrize("status", ["Pending", "InProgress", "Failed"])
def test_a_package_that_is_not_made_is_not_served(status: str) -> None:
    with pytest.raises(Failure, match=f"must be Completed to be served, it is {status}; see why, or wait"):
        servable_package(aws=Described(ModelPackageStatus=status), arn=ARN)


def test_a_package_holds_what_an_algorithm_has_made() -> None:
    assert artifacts_of({"SourceAlgorithmSpecification": SOURCE}) == (ARTIFACT,)


def test_a_package_without_containers_holds_nothing() -> None:
    assert artifacts_of({}) == ()
