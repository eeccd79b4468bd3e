"""Where alerts arrive, by a real topic."""

from collections.abc import Iterator

import pytest

from modelyard.scenario.webhook import NotConfirmed, SnsWebhookReceiver
from support.local_aws import SharedLocalAws


@pytest.fixture
def alerts(local_aws: SharedLocalAws) -> Iterator[SnsWebhookReceiver]:
    with SnsWebhookReceiver(connection=local_aws.connection) as made:
        yield made


@pytest.fixture
def topic(local_aws: SharedLocalAws, alerts: SnsWebhookReceiver) -> str:
    arn = str(local_aws.client("sns").create_topic(Name=local_aws.name("alerts"))["TopicArn"])
    alerts.subscribe(topic=arn)
    return arn


def test_a_message_of_the_topic_arrives_by_its_subject(
    local_aws: SharedLocalAws, alerts: SnsWebhookReceiver, topic: str
) -> None:
    local_aws.client("sns").publish(TopicArn=topic, Subject="ALARM: of a test", Message="{}")
    assert alerts.wait(about="ALARM") == "ALARM: of a test"


def test_a_subscription_that_is_not_confirmed_in_time_is_told(
    local_aws: SharedLocalAws, alerts: SnsWebhookReceiver
) -> None:
    topic = str(local_aws.client("sns").create_topic(Name=local_aws.name("alerts"))["TopicArn"])
    with pytest.raises(NotConfirmed, match=r"must ask http://127.0.0.1:\d+/ to confirm, it has not within -1 s"):
        alerts.subscribe(topic=topic, seconds=-1)


def test_what_does_not_arrive_in_time_is_none(alerts: SnsWebhookReceiver, topic: str) -> None:
    assert alerts.wait(about="ALARM", seconds=0.05) is None
