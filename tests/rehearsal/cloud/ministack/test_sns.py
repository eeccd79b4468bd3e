"""Topics that a key encrypts: whoever publishes must be allowed to use it."""

import botocore.exceptions
import pytest

from support.local_aws import ANYTHING, SharedLocalAws, allow


@pytest.fixture
def key(local_aws: SharedLocalAws) -> str:
    return str(local_aws.client("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
def test_who_may_not_use_a_topic_s_key_cannot_publish(local_aws: SharedLocalAws, key: str, action: str) -> None:
    sns = local_aws.client("sns")
    topic = sns.create_topic(Name=local_aws.name("topic"), Attributes={"KmsMasterKeyId": key})["TopicArn"]
    with pytest.raises(botocore.exceptions.ClientError, match=f"not authorized to perform: {action}"):
        local_aws.assumed("sns", allow("*"), {"Effect": "Deny", "Action": action, "Resource": "*"}).publish(
            TopicArn=topic, Message="m"
        )
    local_aws.assumed("sns", *ANYTHING).publish(TopicArn=topic, Message="m")


def test_a_topic_without_a_key_asks_for_none(local_aws: SharedLocalAws) -> None:
    topic = local_aws.client("sns").create_topic(Name=local_aws.name("topic"))["TopicArn"]
    local_aws.assumed("sns", allow("sns:Publish")).publish(TopicArn=topic, Message="m")
