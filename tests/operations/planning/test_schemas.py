import pytest

from modelyard.operations.planning.schemas import schema_of


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("AWS::SageMaker::DataQualityJobDefinition", "JobDefinitionName"),
        ("AWS::Scheduler::Schedule", "Name"),
        ("AWS::S3::Bucket", "BucketName"),
        ("AWS::IAM::Policy", None),
    ],
)
def test_a_type_is_named_by_its_create_only_name(type_: str, name: str | None) -> None:
    schema = schema_of(type_)
    assert schema is not None
    assert schema.named_by == name
