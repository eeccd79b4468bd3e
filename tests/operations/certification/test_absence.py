"""Whether a resource is gone, asked of the services of a local AWS."""

import pytest

from modelyard.operations.aws import Aws
from modelyard.operations.certification.absence import ASKED, PARTS_OF, Made, asked_for, made_by
from modelyard.operations.certification.record import Resource
from modelyard.operations.certification.scrubbing import Scrubber
from modelyard.rehearsal.faults import Fault
from support.cloudformation import Stacks
from support.local_aws import SharedLocalAws
from support.synth import Synthesized

ABSENT = {
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        "endpoint/none/variant/a|sagemaker:variant:DesiredInstanceCount|sagemaker"
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (
        "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:1:resource/sagemaker/endpoint/none/variant/a:"
        "policyName/none"
    ),
    "AWS::CloudFormation::Stack": "arn:aws:cloudformation:us-east-1:111122223333:stack/none/1",
    "AWS::SNS::Topic": "arn:aws:sns:us-east-1:111122223333:none",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:us-east-1:111122223333:stateMachine:none",
    "AWS::SageMaker::Endpoint": "arn:aws:sagemaker:us-east-1:111122223333:endpoint/none",
}


def asked(aws: Aws, kind: str, identity: str) -> Resource:
    made = Made(stack="training", resource="Thing", kind=kind, identity=identity)
    return asked_for(made, aws=aws, scrubber=Scrubber(), variant="primary")


@pytest.mark.parametrize("kind", sorted(set(ASKED) - {"AWS::KMS::Key"}))
def test_what_was_never_there_is_gone(reached: Aws, kind: str) -> None:
    found = asked(reached, kind, ABSENT.get(kind, "none-such"))
    assert (found.gone, found.kind) == (True, kind), found.said


def test_what_is_there_is_not_gone(reached: Aws, local_aws: SharedLocalAws) -> None:
    bucket, role = local_aws.bucket(), local_aws.role()
    topic = local_aws.client("sns").create_topic(Name=local_aws.name("topic"))["TopicArn"]
    group = local_aws.name("/group")
    local_aws.client("logs").create_log_group(logGroupName=group)
    key = local_aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    for kind, identity in {
        "AWS::S3::Bucket": bucket,
        "AWS::IAM::Role": role.rpartition("/")[2],
        "AWS::SNS::Topic": topic,
        "AWS::Logs::LogGroup": group,
        "AWS::KMS::Key": key,
    }.items():
        assert asked(reached, kind, identity).gone is False, kind


def test_a_key_that_waits_for_its_deletion_is_gone_and_says_so(reached: Aws, local_aws: SharedLocalAws) -> None:
    kms = local_aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    found = asked(reached, "AWS::KMS::Key", key)
    assert (found.gone, found.said) == (True, "PendingDeletion")


def test_a_type_that_nobody_can_be_asked_about_is_not_taken_for_gone(reached: Aws) -> None:
    found = asked(reached, "AWS::Glue::Table", "one")
    assert (found.gone, found.said) == (None, "no service is known to ask")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(service="kms", operation="DescribeKey", error="AccessDeniedException"), "AccessDeniedException"),
        (Fault(service="kms", operation="DescribeKey", drop=True), "ConnectionClosedError"),
    ],
)
def test_a_service_that_does_not_answer_leaves_it_open(
    reached: Aws, local_aws: SharedLocalAws, fault: Fault, said: str
) -> None:
    local_aws.connection.inject(fault)
    try:
        found = asked(reached, "AWS::KMS::Key", "one")
    finally:
        local_aws.connection.clear_faults()
    assert (found.gone, found.said) == (None, said)


def test_every_type_of_the_life_s_stacks_can_be_asked_for(app: Synthesized) -> None:
    parts = ("dev-foundation", "dev-churn-training", "dev-churn-serving", "dev-churn-monitoring")
    kinds = {one["Type"] for part in parts for one in app.templates[part]["Resources"].values()}
    # The account's own setting, which the stage of a certification leaves alone.
    assert kinds - set(ASKED) - set(PARTS_OF) == {"AWS::ApiGateway::Account"}


def test_a_stack_is_among_what_it_made(reached: Aws, local_aws: SharedLocalAws) -> None:
    stacks = Stacks(aws=local_aws)
    name = stacks.create({"Alerts": {"Type": "AWS::SNS::Topic"}})
    identity = stacks.client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    made = made_by(aws=reached, part="training", stack=identity)
    assert [one.kind for one in made] == ["AWS::CloudFormation::Stack", "AWS::SNS::Topic"]
    assert [asked(reached, one.kind, one.identity).gone for one in made] == [False, False]
    stacks.delete(name)
    assert [asked(reached, one.kind, one.identity).gone for one in made] == [True, True]
