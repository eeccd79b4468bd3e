"""Threads for what may take long, so that nothing else waits for it."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(kw_only=True, slots=True)
class _Compartment:
    executor: ThreadPoolExecutor
    running: int = 0


class Bulkheads:
    """A pool of threads for each name, such as an endpoint's, for as long as something of the name runs.

    What is slow delays only what has the same name. To be used from one event loop.
    """

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._compartments: dict[str, _Compartment] = {}

    async def run(self, name: str, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, called in a thread of the pool of a name, in the caller's context."""
        compartment = self._compartments.get(name)
        if compartment is None:
            executor = ThreadPoolExecutor(max_workers=self._threads, thread_name_prefix=name)
            compartment = self._compartments[name] = _Compartment(executor=executor)
        compartment.running += 1
        try:
            context = contextvars.copy_context()
            return await asyncio.get_running_loop().run_in_executor(compartment.executor, context.run, work)
        finally:
            compartment.running -= 1
            if compartment.running == 0:
                del self._compartments[name]
                compartment.executor.shutdown(wait=False)
