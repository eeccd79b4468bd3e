"""Questions about a stack in progress, which are answered when there is something new to say.

The CDK CLI asks every five seconds how a deployment goes. On AWS a stack takes minutes; here it would be the
asking that takes the time.
"""

import asyncio
import re
from typing import Any

from ministack import app as ministack

IN_PROGRESS = re.compile(rb"<StackStatus>(?!REVIEW)\w+IN_PROGRESS</StackStatus>")
LONGEST_SECONDS = 4.0
STEP_SECONDS = 0.05


def install() -> None:
    """Have MiniStack wait a little before it answers that nothing has changed."""
    answer = ministack.SERVICE_HANDLERS["cloudformation"]

    async def awaited(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        given = await answer(method, path, headers, body, query)
        waited = 0.0
        while _asks_to_wait(headers, body) and IN_PROGRESS.search(given[2]) and waited < LONGEST_SECONDS:
            await asyncio.sleep(STEP_SECONDS)
            waited += STEP_SECONDS
            given = await answer(method, path, headers, body, query)
        return given

    ministack.SERVICE_HANDLERS["cloudformation"] = awaited


def _asks_to_wait(headers: Any, body: bytes) -> bool:
    return b"DescribeStacks" in body and "aws-sdk-js" in headers.get("user-agent", "")
