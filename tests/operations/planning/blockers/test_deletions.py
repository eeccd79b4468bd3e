from support.plans import kinds
from support.templates import resource


def test_a_bucket_that_goes_with_its_stack_may_stay() -> None:
    topic = {"One": resource("AWS::SNS::Topic")}
    assert kinds(topic | {"Bucket": resource("AWS::S3::Bucket")}, topic) == [("not empty", False)]
