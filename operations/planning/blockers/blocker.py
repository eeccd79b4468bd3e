"""What stands in the way of a deploy."""

from dataclasses import dataclass
from typing import Self

from modelyard.operations.planning.differences import Change


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocker:
    """Why a deploy fails, or may, and what to do first.

    `certain` says that it fails whenever it is tried; else it depends on what runs or lies there then.
    """

    stack: str
    resource: str
    kind: str
    certain: bool
    what: str
    first: str

    @classmethod
    def of(cls, change: Change, *, kind: str, certain: bool, what: str, first: str) -> Self:
        """What stands in the way of one change."""
        return cls(stack=change.stack, resource=change.logical_id, kind=kind, certain=certain, what=what, first=first)
