"""How requests to an asynchronous endpoint wait, and for how long."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.sagemaker.hosting.asynchronous import AsyncQueue, AsyncRequest, AsyncSettings
from modelyard.rehearsal.sagemaker.hosting.instances import ContainerAnswer

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
PATIENCE_SECONDS = 10.0


def request(settings: AsyncSettings | None = None, **members: Any) -> AsyncRequest:
    settings = AsyncSettings(document={}) if settings is None else settings
    return AsyncRequest(endpoint="churn", settings=settings, received=NOW, members=members, body=b"1")


@pytest.mark.parametrize(("members", "seconds"), [({}, 21_600), ({"RequestTTLSeconds": 60}, 60)])
def test_a_request_waits_for_so_long_at_most(members: dict[str, Any], seconds: int) -> None:
    assert not request(**members).expired(NOW + timedelta(seconds=seconds))
    assert request(**members).expired(NOW + timedelta(seconds=seconds + 1))


def test_as_many_requests_are_carried_out_at_once_as_there_is_capacity_for(platform: Any) -> None:
    running, most, all_done = 0, 0, threading.Event()
    lock, done = threading.Lock(), []

    def work(one: AsyncRequest) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.02)
        with lock:
            running -= 1
            done.append(one)
            if len(done) == 10:
                all_done.set()

    queue = AsyncQueue(clock=platform.clock, capacity=lambda: 2, work=work)
    for _ in range(10):
        queue.add(request())
    assert all_done.wait(PATIENCE_SECONDS)
    assert most == 2


def test_an_error_of_one_request_does_not_hold_up_those_behind_it(platform: Any) -> None:
    second = threading.Event()

    def work(one: AsyncRequest) -> None:
        if one.members:
            second.set()
        else:
            raise RuntimeError("the disk is gone")

    queue = AsyncQueue(clock=platform.clock, capacity=lambda: 1, work=work)
    queue.add(request())
    queue.add(request(InferenceId="second"))
    assert second.wait(PATIENCE_SECONDS)


def test_what_is_forgotten_is_not_carried_out() -> None:
    clock, held, done = Clock(), threading.Event(), []

    def work(one: AsyncRequest) -> None:
        done.append(one.inference_id)
        held.wait(PATIENCE_SECONDS)

    queue = AsyncQueue(clock=clock, capacity=lambda: 1, work=work)
    queue.add(request(InferenceId="first"))
    queue.add(request(InferenceId="second"))
    queue.clear()
    held.set()
    clock.advance(seconds=1)
    clock.close()
    assert done == ["first"]


def test_a_long_answer_is_in_no_notification() -> None:
    settings = AsyncSettings(document={}, included=frozenset({"SUCCESS_NOTIFICATION_TOPIC"}))

    def told(size: int) -> Any:
        answer = ContainerAnswer(
            container="primary",
            status=200,
            content_type="text/csv",
            body=b"1" * size,
            custom_attributes=None,
            seconds=1.0,
            latencies={"primary": 1.0},
        )
        return request(settings).notification(region="us-east-1", now=NOW, answer=answer)

    assert "responseBody" in told(128 * 1024)
    assert "responseBody" not in told(128 * 1024 + 1)
