"""What a part of the work is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of the work; `run` raises Failed where it does not succeed."""

    name: str
    run: Callable[[], None]
