"""The topic for alarms and reports."""

from modelyard.constructs.alert_topic import AlertTopic
from support.small_stack import KEY_ARN, SmallStack


def test_the_topic_is_encrypted_with_the_key(small: SmallStack) -> None:
    AlertTopic(small.stack, "Alerts", key_arn=KEY_ARN)

    assert small.one("SNS::Topic")["KmsMasterKeyId"] == KEY_ARN


def test_messages_without_tls_are_refused(small: SmallStack) -> None:
    AlertTopic(small.stack, "Alerts", key_arn=KEY_ARN)

    denied = small.one("SNS::TopicPolicy")["PolicyDocument"]["Statement"][0]
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_alarms_of_other_accounts_may_not_publish(small: SmallStack) -> None:
    AlertTopic(small.stack, "Alerts", key_arn=KEY_ARN)

    alarms = small.one("SNS::TopicPolicy")["PolicyDocument"]["Statement"][1]
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": "<AccountId>"}}


def test_nobody_is_subscribed_without_an_address(small: SmallStack) -> None:
    AlertTopic(small.stack, "Alerts", key_arn=KEY_ARN)

    assert small.resources("SNS::Subscription") == {}


def test_an_address_is_subscribed(small: SmallStack) -> None:
    AlertTopic(small.stack, "Alerts", key_arn=KEY_ARN, email="ml@example.com")

    subscription = small.one("SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ml@example.com")
