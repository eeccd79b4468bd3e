"""Images of containers."""

import aws_cdk as cdk

from modelyard.constructs.container_image import ContainerImage
from support.small_stack import SmallStack
from support.synth import plain

OWN = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/team/scorer:1"


def image(stack: cdk.Stack, container: str) -> ContainerImage:
    return ContainerImage(stack, "Image", container=container, image_scope="training", instance="ml.m5.large")


def test_an_image_of_the_user_is_taken_as_it_is(small: SmallStack) -> None:
    assert image(small.stack, OWN).uri == OWN


def test_the_repository_of_an_own_image_is_in_its_own_account_and_region(small: SmallStack) -> None:
    arn = small.stack.resolve(image(small.stack, OWN).repository_arn)

    assert plain(arn) == "arn:<Partition>:ecr:eu-west-1:111111111111:repository/team/scorer"


def test_where_the_region_is_known_the_account_is_a_literal(small: SmallStack) -> None:
    stack = cdk.Stack(small.stack.node.root, "Irish", env=cdk.Environment(region="eu-west-1"))  # type: ignore[arg-type]

    uri = str(plain(stack.resolve(image(stack, "xgboost:3.2-0").uri)))
    assert uri.startswith("141502667606.dkr.ecr.eu-west-1.")
    assert uri.endswith("/sagemaker-xgboost:3.2-0")


def test_where_the_region_is_not_known_a_mapping_has_the_accounts(small: SmallStack) -> None:
    made = image(small.stack, "xgboost:3.2-0")
    cdk.CfnOutput(small.stack, "Uri", value=made.uri)

    template = small.synthesize().templates["Small"]
    (accounts,) = template["Mappings"].values()
    assert [*accounts["eu-west-1"].values()] == ["141502667606"]
