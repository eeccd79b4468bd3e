"""The clock that can be moved."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from modelyard.rehearsal.clock import Clock

START = datetime(2026, 11, 22, 10, 0, 30, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(start=START)


def test_the_clock_goes_by_itself(clock: Clock) -> None:
    before = clock.now()
    time.sleep(0.01)
    assert before < clock.now() < before + timedelta(seconds=5)


def test_a_moved_clock_has_gone_on_so_far(clock: Clock) -> None:
    clock.advance(seconds=3600)
    assert START + timedelta(hours=1) <= clock.now() < START + timedelta(hours=1, seconds=5)


def test_a_timer_on_the_way_runs_at_its_own_moment(clock: Clock) -> None:
    seen: list[datetime] = []
    clock.at(moment=START + timedelta(minutes=20), run=lambda: seen.append(clock.now()))
    clock.advance(seconds=3600)
    assert [moment.replace(microsecond=0) for moment in seen] == [START + timedelta(minutes=20)]


def test_timers_run_in_the_order_of_their_moments(clock: Clock) -> None:
    seen: list[str] = []
    clock.at(moment=START + timedelta(minutes=2), run=lambda: seen.append("second"))
    clock.at(moment=START + timedelta(minutes=1), run=lambda: seen.append("first"))
    clock.advance(seconds=180)
    assert seen == ["first", "second"]


def test_a_timer_that_another_sets_on_the_way_runs_too(clock: Clock) -> None:
    seen: list[str] = []
    later = START + timedelta(minutes=2)
    clock.at(moment=START + timedelta(minutes=1), run=lambda: clock.at(moment=later, run=lambda: seen.append("late")))
    clock.advance(seconds=180)
    assert seen == ["late"]


def test_a_recurrence_runs_at_each_full_multiple(clock: Clock) -> None:
    seen: list[datetime] = []
    clock.every(seconds=60, run=lambda: seen.append(clock.now()))
    clock.advance(seconds=180)
    assert [(moment.minute, moment.second) for moment in seen] == [(1, 0), (2, 0), (3, 0)]


def test_at_one_moment_what_has_the_lowest_rank_runs_first_whenever_it_was_set(clock: Clock) -> None:
    seen: list[str] = []
    clock.every(seconds=60, run=lambda: seen.append("last"), rank=2)
    clock.every(seconds=60, run=lambda: seen.append("second"), rank=1)
    clock.advance(seconds=60)
    clock.every(seconds=60, run=lambda: seen.append("first"))
    clock.advance(seconds=60)
    assert seen == ["second", "last", "first", "second", "last"]


def test_a_cancelled_recurrence_runs_no_more(clock: Clock) -> None:
    seen: list[str] = []
    recurrence = clock.every(seconds=60, run=lambda: seen.append("ran"))
    clock.advance(seconds=60)
    recurrence.cancel()
    clock.advance(seconds=600)
    assert seen == ["ran"]


def test_a_cancelled_timer_does_not_run(clock: Clock) -> None:
    seen: list[str] = []
    clock.at(moment=START + timedelta(minutes=1), run=lambda: seen.append("ran")).cancel()
    clock.advance(seconds=180)
    assert seen == []


def test_a_timer_in_the_past_runs_at_once(clock: Clock) -> None:
    kept = threading.Event()
    clock.at(moment=START - timedelta(hours=1), run=kept.set)
    assert kept.wait(5)


def test_a_sleeper_wakes_when_the_clock_is_moved_past(clock: Clock) -> None:
    awake = threading.Event()

    def sleep() -> None:
        clock.sleep(seconds=3600)
        awake.set()

    threading.Thread(target=sleep, daemon=True).start()
    time.sleep(0.05)
    clock.advance(seconds=3601)
    assert awake.wait(5)


def test_work_that_a_timer_starts_ends_before_the_clock_goes_on(clock: Clock) -> None:
    ended_at: list[datetime] = []

    def work() -> None:
        time.sleep(0.2)
        ended_at.append(clock.now())

    clock.at(moment=START + timedelta(minutes=1), run=lambda: clock.run_in_background(work))
    clock.advance(seconds=3600)
    assert ended_at[0] < START + timedelta(minutes=2)


def test_work_that_hangs_is_waited_for_no_longer_than_the_timeout(clock: Clock) -> None:
    never = threading.Event()
    clock.run_in_background(lambda: never.wait(30))
    clock.advance(seconds=60, timeout=0.05)
    assert clock.now() >= START + timedelta(minutes=1)
    never.set()


def test_a_fault_of_one_timer_does_not_stop_the_next(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    clock.at(moment=START + timedelta(minutes=1), run=lambda: seen[7])
    clock.at(moment=START + timedelta(minutes=2), run=lambda: seen.append("ran"))
    clock.advance(seconds=180)
    assert seen == ["ran"]
    assert "failed" in caplog.text


def test_who_moves_the_clock_tells_how_far(clock: Clock) -> None:
    told: list[timedelta] = []
    Clock(start=START, moved=told.append).advance(seconds=60)
    assert abs(sum(told, timedelta()) - timedelta(seconds=60)) < timedelta(seconds=1)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_the_clock_cannot_be_moved_back_or_nowhere(clock: Clock, seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds must be above 0"):
        clock.advance(seconds=seconds)


def test_work_that_outlasts_the_timeout_is_waited_for_once() -> None:
    clock, over = Clock(), threading.Event()
    clock.run_in_background(over.wait)
    for seconds in (1, 2, 3, 4):
        clock.at(moment=clock.now() + timedelta(seconds=seconds), run=lambda: None)
    started = time.monotonic()
    clock.advance(seconds=10, timeout=0.2)
    over.set()
    clock.close()
    assert time.monotonic() - started < 0.6


def test_work_that_is_forgotten_is_not_waited_for(clock: Clock) -> None:
    going_on, told = threading.Event(), threading.Event()
    clock.run_in_background(going_on.wait)
    clock.forget_work()
    began = time.monotonic()
    clock.advance(seconds=60, timeout=20)
    assert time.monotonic() - began < 10
    clock.run_in_background(told.set)
    clock.advance(seconds=60)
    assert told.is_set()
    going_on.set()


def test_a_clock_that_skips_runs_nothing_on_the_way_and_tells_how_far_it_was_moved(clock: Clock) -> None:
    seen: list[str] = []
    clock.skip(timedelta(days=2))
    clock.at(moment=START + timedelta(days=3), run=lambda: seen.append("later"))
    assert START + timedelta(days=2) <= clock.now() < START + timedelta(days=2, seconds=5)
    assert (seen, clock.offset) == ([], timedelta(days=2))
