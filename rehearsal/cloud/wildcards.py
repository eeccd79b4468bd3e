"""The wildcards of policies, matched in a time that grows with the text and not with a power of it.

MiniStack makes `.*` of each `*`, so that a pattern of many on a long name backtracks while nothing else is answered.
For a wildcard the first place at which the text after it is found is always good enough: an atomic group commits to it.
"""

import functools
import re

from ministack.core import iam_evaluator


def install() -> None:
    """Have MiniStack's evaluator of policies match so."""
    iam_evaluator._fnmatch_compile = compiled


@functools.lru_cache(maxsize=4096)
def compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 - as MiniStack calls it
    """Return the expression of a pattern in which `*` stands for any text and `?` for any character."""
    first, *others = (_literal(part) for part in pattern.split("*"))
    found = "".join(f"(?>.*?{part})" for part in others[:-1])
    last = f".*{others[-1]}" if others else ""
    return re.compile(f"^{first}{found}{last}$", re.IGNORECASE if ignore_case else 0)


def _literal(text: str) -> str:
    return "".join("." if character == "?" else re.escape(character) for character in text)
