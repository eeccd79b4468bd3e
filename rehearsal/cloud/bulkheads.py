"""Threads for what may take long, so that nothing else waits for it."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

Result = TypeVar("Result")
# More than ever run: what holds threads back is the number of places of each name.
MOST_THREADS = 1_000_000


class Bulkheads:
    """So many places for each name, such as an endpoint's, and threads for all of them, which are kept.

    What is slow delays only what has the same name. To be used from one event loop.
    """

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._executor = ThreadPoolExecutor(max_workers=MOST_THREADS, thread_name_prefix="bulkheads")
        # A name's places are there for as long as somebody has or awaits one.
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def run(self, name: str, work: Callable[[], Result]) -> Result:
        """Return what `work` returns, called in a thread when the name has a place for it, in the caller's context."""
        places = self._places.get(name)
        if places is None:
            places = self._places[name] = asyncio.Semaphore(self._threads)
        async with places:
            context = contextvars.copy_context()
            return await asyncio.get_running_loop().run_in_executor(self._executor, context.run, work)
