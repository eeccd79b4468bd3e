import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from modelyard.rehearsal.sagemaker.jobs.batch_senders import MOST_BYTES, BatchSender, JobLog, LogStream


class Sent(list[list[Any]]):
    """What was sent, batch by batch."""


@pytest.fixture
def sent() -> Sent:
    return Sent()


def test_a_full_batch_is_sent_at_once(sent: Sent) -> None:
    sender = BatchSender(send=sent.append, most=2)
    for item in range(3):
        sender.put(item)
    assert sent == [[0, 1]]
    sender.close()
    assert sent == [[0, 1], [2]]


def test_an_item_alone_is_sent_within_a_second(sent: Sent) -> None:
    BatchSender(send=sent.append, most=100).put("line")
    deadline = time.monotonic() + 5
    while not sent and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sent == [["line"]]


def test_nothing_is_sent_of_nothing(sent: Sent) -> None:
    BatchSender(send=sent.append, most=1).close()
    assert sent == []


def test_what_is_refused_is_lost_and_nothing_is_sent_after_it() -> None:
    tries: list[Any] = []

    def refuse(items: list[Any]) -> None:
        tries.append(items)
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutLogEvents")

    sender = BatchSender(send=refuse, most=1)
    sender.put("first")
    sender.put("second")
    assert (sender.lost, tries) == ("AccessDenied: no", [["first"]])


@dataclass(frozen=True, kw_only=True)
class Kept(LogStream):
    """A stream that keeps its events here."""

    events: list[Any]

    def send(self, events: list[Any]) -> None:
        self.events.extend(events)


def messages(lines: list[str]) -> list[str]:
    events: list[Any] = []
    log = JobLog(
        stream=Kept(client=None, group="group", stream="stream", events=events),
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
    )
    for line in lines:
        log.write(line)
    log.close()
    return [event["message"] for event in events]


def test_an_empty_line_becomes_a_blank() -> None:
    assert messages(["a", "", "b"]) == ["a", " ", "b"]


def test_a_script_that_prints_without_end_does_not_fill_the_memory() -> None:
    said = messages(["x" * 8192] * 1000)
    assert sum(map(len, said)) < MOST_BYTES + 8192
    assert said[-1] == f"the rest of this log is left out here: it is longer than {MOST_BYTES} characters"
