"""SageMaker's resources in the answers of the Resource Groups Tagging API, as boto3 gets them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from support.local_aws import SharedLocalAws, allow


@pytest.fixture
def group(local_aws: SharedLocalAws) -> Iterator[str]:
    """A package group, which needs no other resource, with a tag whose value is its name."""
    name = local_aws.name("tagged")
    tags = [{"Key": "stage", "Value": name}]
    sagemaker = local_aws.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName=name, Tags=tags)
    yield name
    if name in [one.rpartition("/")[2] for one in found(local_aws, stage=name)]:
        sagemaker.delete_model_package_group(ModelPackageGroupName=name)


def found(local_aws: SharedLocalAws, *, stage: str, **asked: Any) -> dict[str, dict[str, str]]:
    pages = local_aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
    listed = pages.paginate(TagFilters=[{"Key": "stage", "Values": [stage]}], **asked).build_full_result()
    return {
        one["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in one["Tags"]}
        for one in listed["ResourceTagMappingList"]
    }


def test_a_resource_of_sagemaker_is_found_by_its_tag(local_aws: SharedLocalAws, group: str) -> None:
    ((arn, tags),) = found(local_aws, stage=group, ResourceTypeFilters=["sagemaker"]).items()
    assert arn.endswith(f":model-package-group/{group}")
    assert tags == {"stage": group}


def test_one_that_is_gone_is_found_no_more(local_aws: SharedLocalAws, group: str) -> None:
    local_aws.client("sagemaker").delete_model_package_group(ModelPackageGroupName=group)
    assert found(local_aws, stage=group) == {}


def test_what_is_found_comes_in_pages_as_long_as_asked_for(local_aws: SharedLocalAws) -> None:
    stage, sagemaker = local_aws.name("paged"), local_aws.client("sagemaker")
    for number in range(3):
        name = f"{stage}-{number}"
        sagemaker.create_model_package_group(ModelPackageGroupName=name, Tags=[{"Key": "stage", "Value": stage}])
    pages = (
        local_aws.client("resourcegroupstaggingapi")
        .get_paginator("get_resources")
        .paginate(TagFilters=[{"Key": "stage", "Values": [stage]}], ResourcesPerPage=2)
    )
    assert [len(page["ResourceTagMappingList"]) for page in pages] == [2, 1]


def test_a_token_that_no_page_has_given_is_refused(local_aws: SharedLocalAws) -> None:
    with pytest.raises(ClientError, match="The pagination token is not valid"):
        local_aws.client("resourcegroupstaggingapi").get_resources(PaginationToken="next")


def test_other_errors_of_the_api_stay_as_they_are(local_aws: SharedLocalAws) -> None:
    with pytest.raises(ClientError, match="ResourceARNList cannot be specified with filters"):
        local_aws.client("resourcegroupstaggingapi").get_resources(
            ResourceARNList=["arn:aws:sns:us-east-1:123456789012:a"], TagFilters=[{"Key": "stage"}]
        )


def test_what_a_stack_has_made_carries_the_tags_that_name_the_stack(local_aws: SharedLocalAws) -> None:
    stage, cloudformation = local_aws.name("stacked"), local_aws.client("cloudformation")
    properties = {"ModelPackageGroupName": stage, "Tags": [{"Key": "stage", "Value": stage}]}
    template = {"Resources": {"Group": {"Type": "AWS::SageMaker::ModelPackageGroup", "Properties": properties}}}
    made = cloudformation.create_stack(StackName=stage, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stage, WaiterConfig={"Delay": 1})
    (tags,) = found(local_aws, stage=stage).values()
    assert tags == {
        "stage": stage,
        "aws:cloudformation:stack-name": stage,
        "aws:cloudformation:stack-id": made["StackId"],
        "aws:cloudformation:logical-id": "Group",
    }


def test_a_policy_may_ask_for_the_tag_of_a_resource(local_aws: SharedLocalAws, group: str) -> None:
    statement = allow("sagemaker:DescribeModelPackageGroup") | {
        "Condition": {"StringEquals": {"aws:ResourceTag/stage": group}}
    }
    local_aws.client("sagemaker").create_model_package_group(ModelPackageGroupName=f"{group}-other")
    described = local_aws.assumed("sagemaker", statement).describe_model_package_group
    assert described(ModelPackageGroupName=group)["ModelPackageGroupName"] == group
    with pytest.raises(ClientError, match="not authorized"):
        described(ModelPackageGroupName=f"{group}-other")
