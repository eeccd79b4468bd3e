"""Where alerts arrive, by a real topic."""

from collections.abc import Iterator

import pytest

from rehearsal.play.mailbox import Mailbox
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


def test_what_does_not_arrive_in_time_is_none(mailbox: Mailbox, topic: str) -> None:
    assert mailbox.wait(about="ALARM", seconds=0.05) is None
