"""What roles are asked for beside their calls: keys of topics, of volumes and of outputs; and what is told of it."""

from typing import Any

import botocore.exceptions
import pytest
from job_floor import JobFloor

from rehearsed import ANYTHING, Rehearsed, allow


@pytest.fixture
def key(local_aws: Rehearsed) -> str:
    return str(local_aws.client("kms").create_key()["KeyMetadata"]["Arn"])


def without(*actions: str) -> list[dict[str, Any]]:
    return [allow("*"), {"Effect": "Deny", "Action": list(actions), "Resource": "*"}]


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
def test_who_may_not_use_a_topic_s_key_cannot_publish(local_aws: Rehearsed, key: str, action: str) -> None:
    sns = local_aws.client("sns")
    topic = sns.create_topic(Name=local_aws.name("topic"), Attributes={"KmsMasterKeyId": key})["TopicArn"]
    with pytest.raises(botocore.exceptions.ClientError, match=f"not authorized to perform: {action}"):
        local_aws.assumed("sns", *without(action)).publish(TopicArn=topic, Message="m")
    local_aws.assumed("sns", *ANYTHING).publish(TopicArn=topic, Message="m")


def test_a_topic_without_a_key_asks_for_none(local_aws: Rehearsed) -> None:
    topic = local_aws.client("sns").create_topic(Name=local_aws.name("topic"))["TopicArn"]
    local_aws.assumed("sns", allow("sns:Publish")).publish(TopicArn=topic, Message="m")


@pytest.mark.parametrize(("action", "member"), [("kms:CreateGrant", "VolumeKmsKeyId"), ("kms:Encrypt", "KmsKeyId")])
def test_a_job_whose_role_may_not_use_its_keys_fails_by_name(
    local_aws: Rehearsed, key: str, action: str, member: str
) -> None:
    floor = JobFloor(local_aws=local_aws, bucket=local_aws.bucket())
    request = floor.processing("print(1)\n", role=local_aws.role(statements=without(action)))
    holder = (
        request["ProcessingResources"]["ClusterConfig"] if "Volume" in member else request["ProcessingOutputConfig"]
    )
    holder[member] = key
    ended = floor.process(request)
    assert ended["ProcessingJobStatus"] == "Failed"
    assert f"not authorized to perform: {action} on resource: {key}" in ended["FailureReason"]


def test_the_decisions_about_roles_are_told_once_each(local_aws: Rehearsed) -> None:
    local_aws.reach.decisions()
    bucket = local_aws.bucket()
    s3 = local_aws.assumed("s3", allow("s3:GetBucketLocation"))
    for _ in range(2):
        s3.get_bucket_location(Bucket=bucket)
    with pytest.raises(botocore.exceptions.ClientError):
        s3.get_bucket_versioning(Bucket=bucket)
    told = [one[1:] for one in local_aws.reach.decisions() if one[2].endswith(bucket)]
    # An implicit no of the bucket's own policy, which it has not, is told as well.
    assert [action for action, _, may in told if may] == ["s3:GetBucketLocation"]
    assert ("s3:GetBucketVersioning", f"arn:aws:s3:::{bucket}", False) in told
    assert [one for one in local_aws.reach.decisions() if one[2].endswith(bucket)] == []
