"""Permissions that are wider than their kind, and those that are as wide as they must be."""

from typing import Any

import pytest

from support.templates import resource, sentences_of

BUCKET = "arn:aws:s3:::data"
ROLE = "arn:aws:iam::111122223333:role/a-role"


def role(*statements: dict[str, Any], service: str = "sagemaker.amazonaws.com") -> dict[str, Any]:
    trust: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    if service != "sagemaker.amazonaws.com":
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    properties = {
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "Policies": [{"PolicyName": "Access", "PolicyDocument": {"Statement": list(statements)}}],
    }
    return resource("AWS::IAM::Role", properties)


def allow(action: str, on: Any, **condition: Any) -> dict[str, Any]:
    held = {"Condition": {"StringEquals": condition}} if condition else {}
    return {"Effect": "Allow", "Action": [action], "Resource": [on], **held}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (allow("s3:*", f"{BUCKET}/a/*"), 'Role.Action must be named actions, got ["s3:*"]'),
        (allow("s3:GetObject", "*"), 'Role.Resource must be what s3:GetObject needs, got ["*"]'),
        (allow("s3:GetObject", f"{BUCKET}/*"), "Role.Resource must be what s3:GetObject needs"),
        (allow("s3:GetObject", {"Fn::Join": ["", [{"Ref": "Bucket"}, "/*"]]}), "Role.Resource must be what"),
        (allow("sagemaker:StopTrainingJob", "arn:aws:sagemaker:a:1:training-job/*"), "Role.Resource must be what"),
        (allow("sagemaker:DescribeModel", "*", **{"aws:ResourceTag/stage": "dev"}), "Role.Resource must be what"),
        (allow("logs:PutLogEvents", "arn:aws:logs:a:1:log-group:*"), "Role.Resource must be what"),
        (allow("s3:ListBucket", BUCKET), "Role.Condition must be one that holds s3:ListBucket by s3:prefix"),
        (allow("s3:ListBucket", BUCKET, **{"s3:prefix": ["*"]}), "Role.Condition must be one that holds"),
        (allow("iam:PassRole", ROLE), "Role.Condition must be one that holds iam:PassRole by iam:PassedToService"),
        (allow("kms:CreateGrant", "arn:aws:kms:a:1:key/k"), "Role.Condition must be one that holds kms:CreateGrant"),
    ],
)
def test_s21_refuses_what_is_wider_than_its_kind(statement: dict[str, Any], said: str) -> None:
    (sentence,) = sentences_of(Role=role(statement), rule="S21")
    assert sentence.startswith(f"S21 {said}")


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:GetObject", f"{BUCKET}/churn/training/*"),
        allow("s3:ListBucket", BUCKET, **{"s3:prefix": ["churn/*"]}),
        allow("iam:PassRole", ROLE, **{"iam:PassedToService": "sagemaker.amazonaws.com"}),
        allow("ecr:GetAuthorizationToken", "*"),
        allow("cloudwatch:PutMetricData", "*"),
        allow("sagemaker:StopTrainingJob", "arn:aws:sagemaker:a:1:training-job/dev-churn--*"),
        allow("sagemaker:DescribeEndpoint", "arn:aws:sagemaker:a:1:endpoint/*", **{"aws:ResourceTag/stage": "dev"}),
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
    ],
)
def test_s21_takes_what_is_as_narrow_as_it_can_be(statement: dict[str, Any]) -> None:
    assert sentences_of(Role=role(statement), rule="S21") == []


def test_s21_takes_the_account_s_one_role_for_the_logs_of_apis() -> None:
    logs = allow("logs:PutLogEvents", "*")
    assert sentences_of(Role=role(logs, service="apigateway.amazonaws.com"), rule="S21") == []
    assert len(sentences_of(Role=role(logs, service="scheduler.amazonaws.com"), rule="S21")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        allow("cloudwatch:DescribeAlarms", "*"),
        allow("sagemaker:DescribeModel", "arn:aws:sagemaker:a:1:model/*"),
    ],
)
def test_s21_lets_pipelines_alone_look_at_all_alarms_and_models(statement: dict[str, Any]) -> None:
    pipeline, job = role(statement), role(statement)
    (trust,) = pipeline["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    trust |= {"Action": "sts:AssumeRoleWithWebIdentity", "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/a"}}
    assert sentences_of(Role=pipeline, rule="S21") == []
    assert len(sentences_of(Role=job, rule="S21")) == 1


def test_s21_refuses_what_else_that_role_may_everywhere() -> None:
    (sentence,) = sentences_of(Role=role(allow("s3:GetObject", "*"), service="apigateway.amazonaws.com"), rule="S21")
    assert sentence.startswith("S21 Role.Resource must be what s3:GetObject needs")


def test_s21_holds_metrics_to_a_namespace_where_they_are_not_a_machine_s_own() -> None:
    metrics = allow("cloudwatch:PutMetricData", "*")
    held = allow("cloudwatch:PutMetricData", "*", **{"cloudwatch:namespace": "Modelyard"})
    (sentence,) = sentences_of(Role=role(metrics, service="states.amazonaws.com"), rule="S21")
    assert "holds cloudwatch:PutMetricData by cloudwatch:namespace" in sentence
    assert sentences_of(Role=role(held, service="states.amazonaws.com"), rule="S21") == []


def test_s21_reads_policies_that_stand_beside_a_role() -> None:
    policy = resource("AWS::IAM::Policy", {"PolicyDocument": {"Statement": allow("s3:PutObject", "*")}})
    (sentence,) = sentences_of(Beside=policy, rule="S21")
    assert sentence.startswith("S21 Beside.Resource must be what s3:PutObject needs")


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("AWS::SNS::TopicPolicy", {"Principal": "*"}, "Policy.Principal must be one principal by name"),
        ("AWS::SNS::TopicPolicy", {"Principal": {"AWS": "*"}}, "Policy.Principal must be one principal by name"),
        ("AWS::SNS::TopicPolicy", {"Condition": {}}, "Policy.Condition must be one that names the account"),
        ("AWS::SNS::TopicPolicy", {"Action": "sns:*"}, "Policy.Action must be named actions"),
        ("AWS::S3::BucketPolicy", {"Resource": f"{BUCKET}/*"}, "Policy.Resource must be what the service writes"),
    ],
)
def test_s22_refuses_a_policy_that_lets_in_more_than_it_means(kind: str, changes: dict[str, Any], said: str) -> None:
    (sentence,) = sentences_of(Policy=policy_of(kind, **changes), rule="S22")
    assert sentence.startswith(f"S22 {said}")


@pytest.mark.parametrize("kind", ["AWS::SNS::TopicPolicy", "AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"])
def test_s22_takes_a_service_that_comes_for_this_account(kind: str) -> None:
    assert sentences_of(Policy=policy_of(kind), rule="S22") == []


@pytest.mark.parametrize(("service", "problems"), [("states.amazonaws.com", 1), ("sagemaker.amazonaws.com", 0)])
def test_s22_wants_the_account_of_the_services_that_say_it(service: str, problems: int) -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    made = resource("AWS::IAM::Role", {"AssumeRolePolicyDocument": {"Statement": [trust]}})
    assert len(sentences_of(Role=made, rule="S22")) == problems


def test_s22_lets_alarms_use_a_key_without_saying_for_whom_and_for_named_actions_only() -> None:
    alarms = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Resource": "*"}
    named = resource("AWS::KMS::Key", {"KeyPolicy": {"Statement": [{**alarms, "Action": ["kms:Decrypt"]}]}})
    every = resource("AWS::KMS::Key", {"KeyPolicy": {"Statement": [{**alarms, "Action": ["kms:*"]}]}})
    assert sentences_of(Key=named, rule="S22") == []
    assert len(sentences_of(Key=every, rule="S22")) == 1


def policy_of(kind: str, **changes: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": f"{BUCKET}/logs/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        **changes,
    }
    return resource(kind, {"PolicyDocument": {"Statement": [statement]}})
