import asyncio
import contextvars
import threading

from modelyard.rehearsal.cloud.bulkheads import Bulkheads

CALLER: contextvars.ContextVar[str] = contextvars.ContextVar("CALLER")


def test_what_is_slow_delays_nothing_of_another_name() -> None:
    ending = threading.Event()

    async def run() -> str:
        bulkheads = Bulkheads(threads=2)
        slow = [asyncio.create_task(bulkheads.run("slow", ending.wait)) for _ in range(5)]
        await asyncio.sleep(0)
        answer = await bulkheads.run("quick", lambda: "answered")
        ending.set()
        assert await asyncio.gather(*slow) == [True] * 5
        return answer

    assert asyncio.run(asyncio.wait_for(run(), timeout=30)) == "answered"


def test_no_more_of_one_name_run_at_a_time_than_it_has_places() -> None:
    lock, running, most = threading.Lock(), 0, 0
    together = threading.Barrier(3)

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        # Three come together here, so that three did run at a time.
        together.wait(timeout=30)
        with lock:
            running -= 1

    async def run() -> None:
        bulkheads = Bulkheads(threads=3)
        await asyncio.gather(*(bulkheads.run("one", work) for _ in range(12)))

    asyncio.run(run())
    assert most == 3


def test_a_thread_is_kept_for_what_comes_next() -> None:
    async def run() -> set[int]:
        bulkheads = Bulkheads(threads=3)
        return {await bulkheads.run(name, threading.get_ident) for name in ("one", "one", "another")}

    assert len(asyncio.run(run())) == 1


def test_what_runs_sees_the_context_of_its_caller() -> None:
    async def call(bulkheads: Bulkheads, caller: str) -> str:
        CALLER.set(caller)
        return await bulkheads.run("one", CALLER.get)

    async def run() -> list[str]:
        bulkheads = Bulkheads(threads=1)
        return list(await asyncio.gather(call(bulkheads, "first"), call(bulkheads, "second")))

    assert asyncio.run(run()) == ["first", "second"]
