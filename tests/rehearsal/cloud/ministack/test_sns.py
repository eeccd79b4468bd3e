"""Topics that a key encrypts: whoever publishes must be allowed to use it."""

import botocore.exceptions
import pytest

from rehearsed import ANYTHING, Rehearsed, allow


@pytest.fixture
def key(local_aws: Rehearsed) -> str:
    return str(local_aws.client("kms").create_key()["KeyMetadata"]["Arn"])


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
def test_who_may_not_use_a_topic_s_key_cannot_publish(local_aws: Rehearsed, key: str, action: str) -> None:
    sns = local_aws.client("sns")
    topic = sns.create_topic(Name=local_aws.name("topic"), Attributes={"KmsMasterKeyId": key})["TopicArn"]
    with pytest.raises(botocore.exceptions.ClientError, match=f"not authorized to perform: {action}"):
        local_aws.assumed("sns", allow("*"), {"Effect": "Deny", "Action": action, "Resource": "*"}).publish(
            TopicArn=topic, Message="m"
        )
    local_aws.assumed("sns", *ANYTHING).publish(TopicArn=topic, Message="m")


def test_a_topic_without_a_key_asks_for_none(local_aws: Rehearsed) -> None:
    topic = local_aws.client("sns").create_topic(Name=local_aws.name("topic"))["TopicArn"]
    local_aws.assumed("sns", allow("sns:Publish")).publish(TopicArn=topic, Message="m")
