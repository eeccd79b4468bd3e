"""The policies of templates as a deploy would write them."""

import re
from typing import Any

import pytest

from maintenance.oracles.policies import Deployment, UnknownReferenceError
from support.synth import Synthesized

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}
FOUNDATION: dict[str, Any] = {
    "Resources": {
        "Bucket12345678": {"Type": "AWS::S3::Bucket", "Properties": {}},
        "Alerts": {"Type": "AWS::SNS::Topic", "Properties": {}},
    },
    "Outputs": {"Bucket": {"Value": {"Ref": "Bucket12345678"}, "Export": {"Name": "bucket"}}},
}


def resources_of(resource: Any, **sections: Any) -> list[Any]:
    """What becomes of a reference as the resource of a role's statement."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": TRUST,
            "Policies": [{"PolicyName": "Access", "PolicyDocument": {"Statement": [statement]}}],
        },
    }
    template = {"Resources": {"Role12345678": role, **FOUNDATION["Resources"]}, **sections}
    deployment = Deployment(templates={"dev-model": template, "dev-foundation": FOUNDATION}, region="eu-west-1")
    return [policy.document["Statement"][0]["Resource"] for policy in deployment.policies()]


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "Bucket12345678"}, "dev-model-bucket"),
        ({"Ref": "Alerts"}, "arn:aws:sns:eu-west-1:123456789012:dev-model-alerts"),
        ({"Ref": "Run"}, "given-at-deploy"),
        ({"Fn::GetAtt": ["Bucket12345678", "Arn"]}, "arn:aws:s3:::dev-model-bucket"),
        ({"Fn::ImportValue": "bucket"}, "dev-foundation-bucket"),
        ({"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": "AWS::AccountId"}, "/*"]]}, "arn:aws:s3:::123456789012/*"),
        ({"Fn::Sub": "arn:aws:s3:::cdk-${AWS::AccountId}-${AWS::Region}"}, "arn:aws:s3:::cdk-123456789012-eu-west-1"),
        ({"Fn::FindInMap": ["Images", {"Ref": "AWS::Region"}, "account"]}, "000000000000"),
    ],
)
def test_a_reference_becomes_what_a_deploy_makes_of_it(reference: Any, value: str) -> None:
    mappings = {"Images": {"eu-west-1": {"account": "000000000000"}}}

    assert resources_of([reference], Parameters={"Run": {"Type": "String"}}, Mappings=mappings)[1] == [value]


def test_the_trust_of_a_role_is_about_the_role() -> None:
    assert resources_of("*")[0] == "arn:aws:iam::123456789012:role/dev-model-role"


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ({"Fn::Select": [0, ["a"]]}, "dev-model has {'Fn::Select': [0, ['a']]} in a policy"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "dev-model has the ARN of Queue (AWS::SQS::Queue) in a policy"),
        ({"Fn::ImportValue": "gone"}, "no template exports gone"),
    ],
)
def test_a_reference_without_a_value_is_refused(reference: Any, sentence: str) -> None:
    resources = {**FOUNDATION["Resources"], "Queue": {"Type": "AWS::SQS::Queue"}}
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": reference}
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": [statement]}}}
    deployment = Deployment(templates={"dev-model": {"Resources": {**resources, "P": policy}}}, region="eu-west-1")

    with pytest.raises(UnknownReferenceError, match=re.escape(sentence)):
        list(deployment.policies())


def test_every_role_key_bucket_and_topic_of_the_examples_has_its_policies(app: Synthesized) -> None:
    policies = list(Deployment(templates=app.templates, region="us-east-1").policies())

    held = ("AWS::IAM::Role", "AWS::KMS::Key", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy")
    types = [body["Type"] for template in app.templates.values() for body in template["Resources"].values()]
    # A role has its trust and one policy of its own.
    assert len(policies) == sum(1 + (type_ == "AWS::IAM::Role") for type_ in types if type_ in held)
    assert not any("Fn::" in str(policy.document) or "'Ref'" in str(policy.document) for policy in policies)
