"""The process that matches regular expressions for `rehearsal.regexes`: `python matcher.py SECONDS`.

It reads one line of JSON a request, a list of calls such as ["values", "auc:(.+)", "auc:0.9"], and answers each call
with a line of JSON as soon as it has it: {"found": …}, or {"error": …} for an expression that is none. The kernel ends
it by SIGVTALRM when one call takes more than so many seconds of processor time. It imports as little as it can.
"""

import json
import math
import re
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any


def values(pattern: str, text: str) -> list[float]:
    """Return the finite numbers that the first group finds; CloudWatch takes no other."""
    numbers = [_number(match.group(1)) for match in re.finditer(pattern, text)]
    return [number for number in numbers if math.isfinite(number)]


CALLS: Mapping[str, Callable[..., Any]] = {
    "values": values,
    "matches": lambda pattern, text: re.fullmatch(pattern, text) is not None,
    "contains": lambda pattern, text: re.search(pattern, text) is not None,
    "replace": lambda pattern, text, new: re.sub(pattern, lambda _match: new, text),
    "split": lambda pattern, text: re.split(pattern, text),
}


def main(seconds: float) -> int:
    """Answer until the input ends."""
    for line in sys.stdin.buffer:
        for call, *arguments in json.loads(line):
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
            answer = _answer(CALLS[call], arguments)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
            sys.stdout.buffer.flush()
    return 0


def _answer(call: Callable[..., Any], arguments: list[str]) -> Mapping[str, Any]:
    try:
        return {"found": call(*arguments)}
    except (re.error, OverflowError, RecursionError) as error:
        return {"error": str(error)}


def _number(text: str | None) -> float:
    try:
        return float(text if text is not None else "")
    except ValueError:
        return math.nan


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
