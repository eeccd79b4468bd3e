"""What policies decide: about metrics of one namespace, and as it is told of roles."""

import json
from typing import Any

import botocore.exceptions
import pytest

from modelyard.rehearsal.clients import make_client
from modelyard.rehearsal.cloud.ministack.iam import named_alarms
from support.local_aws import SharedLocalAws, allow
from support.templates import resource

POINT: dict[str, Any] = {"MetricName": "Violations", "Value": 1.0}


@pytest.fixture(scope="module")
def client(local_aws: SharedLocalAws) -> Any:
    only = {"StringEquals": {"cloudwatch:namespace": "Modelyard"}}
    return local_aws.assumed("cloudwatch", allow("cloudwatch:PutMetricData") | {"Condition": only})


def test_metrics_of_the_namespace_are_taken(client: Any) -> None:
    answer = client.put_metric_data(Namespace="Modelyard", MetricData=[POINT])
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_metrics_of_another_namespace_are_refused(client: Any) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="not authorized to perform: cloudwatch:PutMetricData"):
        client.put_metric_data(Namespace="Elsewhere", MetricData=[POINT])


ALARMS = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:"


@pytest.mark.parametrize(
    ("on", "asked"),
    [
        (("seen",), {"AlarmNames": ["seen"]}),
        (("seen", "other"), {"AlarmNames": ["seen", "other"], "StateValue": "ALARM"}),
        (("*",), {"AlarmNamePrefix": "se"}),
        (("*",), {}),
    ],
)
def test_alarms_are_described_to_whoever_may_see_each(
    local_aws: SharedLocalAws, on: tuple[str, ...], asked: dict[str, Any]
) -> None:
    may = allow("cloudwatch:DescribeAlarms") | {"Resource": [f"{ALARMS}{name}" for name in on]}
    assert "MetricAlarms" in local_aws.assumed("cloudwatch", may).describe_alarms(**asked)


@pytest.mark.parametrize("asked", [{"AlarmNames": ["seen", "other"]}, {"AlarmNamePrefix": "seen"}, {}])
def test_alarms_are_described_to_nobody_who_may_not_see_one_of_them(
    local_aws: SharedLocalAws, asked: dict[str, Any]
) -> None:
    client = local_aws.assumed("cloudwatch", allow("cloudwatch:DescribeAlarms", on=f"{ALARMS}seen"))
    with pytest.raises(botocore.exceptions.ClientError, match="not authorized to perform: cloudwatch:DescribeAlarms"):
        client.describe_alarms(**asked)


@pytest.mark.parametrize(
    ("body", "parameters", "names"),
    [
        (b'{"AlarmNames": ["a", "b"]}', {}, ["a", "b"]),
        (b"Action=DescribeAlarms", {"AlarmNames.member.1": ["a"], "Action": ["DescribeAlarms"]}, ["a"]),
        (b"{}", {}, ["*"]),
    ],
)
def test_the_alarms_are_read_from_either_protocol(body: bytes, parameters: dict[str, Any], names: list[str]) -> None:
    assert named_alarms(body=body, parameters=parameters) == names


@pytest.mark.parametrize(("tags", "may"), [({"stage": "dev"}, True), ({"stage": "prod"}, False), ({}, False)])
def test_an_api_key_is_read_by_whom_its_tag_lets(local_aws: SharedLocalAws, tags: dict[str, str], may: bool) -> None:  # noqa: FBT001
    key = local_aws.client("apigateway").create_api_key(name=local_aws.name("key"), enabled=True, tags=tags)["id"]
    arn = f"arn:aws:apigateway:{local_aws.connection.region}::/apikeys/*"
    only = {"Resource": arn, "Condition": {"StringEquals": {"aws:ResourceTag/stage": "dev"}}}
    client = local_aws.assumed("apigateway", allow("apigateway:GET") | only)
    if may:
        assert client.get_api_key(apiKey=key, includeValue=True)["value"]
    else:
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            client.get_api_key(apiKey=key, includeValue=True)


def test_the_decisions_about_roles_are_told_once_each(local_aws: SharedLocalAws) -> None:
    local_aws.connection.decisions()
    bucket = local_aws.bucket()
    s3 = local_aws.assumed("s3", allow("s3:GetBucketLocation"))
    for _ in range(2):
        s3.get_bucket_location(Bucket=bucket)
    with pytest.raises(botocore.exceptions.ClientError):
        s3.get_bucket_versioning(Bucket=bucket)
    told = [one[1:] for one in local_aws.connection.decisions() if one[2].endswith(bucket)]
    # An implicit no of the bucket's own policy, which it has not, is told as well.
    assert [action for action, _, may in told if may] == ["s3:GetBucketLocation"]
    assert ("s3:GetBucketVersioning", f"arn:aws:s3:::{bucket}", False) in told
    assert [one for one in local_aws.connection.decisions() if one[2].endswith(bucket)] == []


@pytest.mark.parametrize("arn", ["arn:aws:iam::111122223333:policy/nobody", "arn:aws:iam::aws:policy/AmazonSageMaker"])
def test_a_policy_that_is_not_there_is_not_attached(local_aws: SharedLocalAws, arn: str) -> None:
    iam = local_aws.client("iam")
    role = local_aws.role().rpartition("/")[2]

    with pytest.raises(botocore.exceptions.ClientError) as refused:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    assert refused.value.response["Error"]["Code"] == "NoSuchEntity"
    assert f"Policy {arn} does not exist or is not attachable." in refused.value.response["Error"]["Message"]
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []


def test_policies_of_the_account_and_of_aws_are_attached(local_aws: SharedLocalAws) -> None:
    iam = local_aws.client("iam")
    role = local_aws.role().rpartition("/")[2]
    document = {"Version": "2012-10-17", "Statement": [allow("s3:GetObject")]}
    made = iam.create_policy(PolicyName=local_aws.name("policy"), PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    given = {made, "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"}

    for arn in given:
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    assert {one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]} == given


def test_aws_s_policy_for_sagemaker_allows_what_aws_has_it_allow(local_aws: SharedLocalAws) -> None:
    iam, bucket = local_aws.client("iam"), local_aws.name("sagemaker")
    for name in (bucket, f"other-{bucket.partition('-')[2]}"):
        local_aws.client("s3").create_bucket(Bucket=name)
        local_aws.client("s3").put_object(Bucket=name, Key="a", Body=b"1")
    arn = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    role = local_aws.name("managed")
    made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    session = local_aws.client("sts").assume_role(RoleArn=made, RoleSessionName="test")["Credentials"]
    place = local_aws.connection
    keys = {"key": session["AccessKeyId"], "secret": session["SecretAccessKey"], "token": session["SessionToken"]}
    s3 = make_client("s3", endpoint=place.endpoint, region=place.region, **keys)

    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        s3.get_object(Bucket=f"other-{bucket.partition('-')[2]}", Key="a")
    assert int(iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"].removeprefix("v")) >= 29


def test_a_stack_s_role_with_a_policy_that_is_not_there_fails(local_aws: SharedLocalAws) -> None:
    arn = "arn:aws:iam::111122223333:policy/nobody"
    trust = {"Version": "2012-10-17", "Statement": []}
    role = resource("AWS::IAM::Role", {"AssumeRolePolicyDocument": trust, "ManagedPolicyArns": [arn]})
    cloudformation, name = local_aws.client("cloudformation"), local_aws.name("stack")

    body = json.dumps({"Resources": {"Role": role}})
    cloudformation.create_stack(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])
    with pytest.raises(botocore.exceptions.WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert any("does not exist or is not attachable" in one.get("ResourceStatusReason", "") for one in events)
