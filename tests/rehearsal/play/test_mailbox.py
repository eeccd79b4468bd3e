"""Where alerts arrive, by a real topic."""

from collections.abc import Iterator

import pytest

from modelyard.rehearsal.play.mailbox import Mailbox, NotConfirmed
from rehearsed import Rehearsed


@pytest.fixture
def mailbox(local_aws: Rehearsed) -> Iterator[Mailbox]:
    with Mailbox(reach=local_aws.reach) as made:
        yield made


@pytest.fixture
def topic(local_aws: Rehearsed, mailbox: Mailbox) -> str:
    arn = str(local_aws.client("sns").create_topic(Name=local_aws.name("alerts"))["TopicArn"])
    mailbox.subscribe(topic=arn)
    return arn


def test_a_message_of_the_topic_arrives_by_its_subject(local_aws: Rehearsed, mailbox: Mailbox, topic: str) -> None:
    local_aws.client("sns").publish(TopicArn=topic, Subject="ALARM: of a test", Message="{}")
    assert mailbox.wait(about="ALARM") == "ALARM: of a test"


def test_a_subscription_that_is_not_confirmed_in_time_is_told(local_aws: Rehearsed, mailbox: Mailbox) -> None:
    topic = str(local_aws.client("sns").create_topic(Name=local_aws.name("alerts"))["TopicArn"])
    with pytest.raises(NotConfirmed, match=r"must ask http://127.0.0.1:\d+/ to confirm, it has not within -1 s"):
        mailbox.subscribe(topic=topic, seconds=-1)


def test_what_does_not_arrive_in_time_is_none(mailbox: Mailbox, topic: str) -> None:
    assert mailbox.wait(about="ALARM", seconds=0.05) is None
