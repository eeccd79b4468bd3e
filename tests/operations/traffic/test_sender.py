import threading
import time

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from modelyard.operations.traffic.sender import Sender


def answer(_body: bytes) -> str:
    return "primary"


def test_as_many_requests_are_sent_as_rate_and_time_say() -> None:
    sender = Sender(send=answer, bodies=[b"1"], rate=100, seconds=0.3)
    sender.run(look=lambda: None, every=0.05)
    assert len(sender.replies) == 30


def test_requests_are_spread_over_the_time() -> None:
    sender = Sender(send=answer, bodies=[b"1"], rate=50, seconds=0.4)
    sender.run(look=lambda: None, every=0.05)
    assert 0.35 < max(reply.sent for reply in sender.replies) < 0.8


def test_bodies_are_sent_in_turn_and_again_from_the_first() -> None:
    sent: list[bytes] = []

    def keep(body: bytes) -> str:
        sent.append(body)
        return "primary"

    sender = Sender(send=keep, bodies=[b"1", b"2"], rate=100, seconds=0.04, threads=1)
    sender.run(look=lambda: None, every=0.05)
    assert sent == [b"1", b"2", b"1", b"2"]


def test_slow_answers_are_waited_for_in_several_threads() -> None:
    busy = threading.Barrier(4, timeout=10)

    def slow(_body: bytes) -> str:
        busy.wait()
        return "primary"

    sender = Sender(send=slow, bodies=[b"1"], rate=1000, seconds=0.004, threads=4)
    sender.run(look=lambda: None, every=0.05)
    assert [reply.variant for reply in sender.replies] == ["primary"] * 4


def test_an_error_is_kept_by_the_service_s_name_for_it() -> None:
    def refuse(_body: bytes) -> str:
        raise ClientError({"Error": {"Code": "ModelError", "Message": "no"}}, "InvokeEndpoint")

    sender = Sender(send=refuse, bodies=[b"1"], rate=10, seconds=0.1)
    sender.run(look=lambda: None, every=0.05)
    assert [reply.error for reply in sender.replies] == ["ModelError"]


def test_a_connection_that_breaks_is_an_error_too() -> None:
    def refuse(_body: bytes) -> str:
        raise ConnectionClosedError(endpoint_url="http://127.0.0.1")

    sender = Sender(send=refuse, bodies=[b"1"], rate=10, seconds=0.1)
    sender.run(look=lambda: None, every=0.05)
    assert [reply.error for reply in sender.replies] == ["ConnectionClosedError"]


def test_an_interruption_stops_sending() -> None:
    sender = Sender(send=answer, bodies=[b"1"], rate=10, seconds=60)

    def interrupt() -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sender.run(look=interrupt, every=0.05)
    assert time.monotonic() - began < 10
