import pytest

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.models import Models
from modelyard.rehearsal.sagemaker.records.tags import Tags
from modelyard.rehearsal.sagemaker.store import Document

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model/churn"


@pytest.fixture
def tags(platform: Platform) -> Tags:
    Models(platform=platform).create_model({"ModelName": "churn", "PrimaryContainer": {}})
    return Tags(platform=platform)


def tag(key: str, value: str) -> Document:
    return {"Key": key, "Value": value}


def test_tags_are_added_to_those_that_are_there(tags: Tags) -> None:
    tags.keep(ARN, [tag("team", "blue"), tag("stage", "dev")])
    added = tags.add_tags({"ResourceArn": ARN, "Tags": [tag("team", "red")]})
    assert added == {"Tags": [tag("stage", "dev"), tag("team", "red")]}
    assert tags.list_tags({"ResourceArn": ARN}) == added


def test_a_resource_may_have_no_tags(tags: Tags) -> None:
    assert tags.list_tags({"ResourceArn": ARN}) == {"Tags": []}


def test_tags_are_deleted_by_key(tags: Tags) -> None:
    tags.keep(ARN, [tag("team", "blue"), tag("stage", "dev")])
    tags.delete_tags({"ResourceArn": ARN, "TagKeys": ["team", "other"]})
    assert tags.list_tags({"ResourceArn": ARN}) == {"Tags": [tag("stage", "dev")]}


def test_the_tags_of_what_is_gone_are_forgotten(tags: Tags) -> None:
    tags.keep(ARN, [tag("team", "blue")])
    tags.forget(ARN)
    tags.forget(ARN)
    assert tags.list_tags({"ResourceArn": ARN}) == {"Tags": []}


def test_a_resource_has_fifty_tags_at_most(tags: Tags) -> None:
    tags.keep(ARN, [tag(str(number), "") for number in range(50)])
    with pytest.raises(ServiceError, match="at most 50 tags, got 51") as error:
        tags.add_tags({"ResourceArn": ARN, "Tags": [tag("more", "")]})
    assert error.value.code == "ValidationException"


@pytest.mark.parametrize("operation", ["add_tags", "list_tags", "delete_tags"])
def test_what_is_not_there_has_no_tags(tags: Tags, operation: str) -> None:
    request = {"ResourceArn": f"{ARN}-other", "Tags": [], "TagKeys": []}
    with pytest.raises(ServiceError, match=r"Resource does not exist: .*churn-other"):
        getattr(tags, operation)(request)
