"""What nobody notices and why that is right: a list that people have read, and that may hold nothing stale."""

import fnmatch
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("reviewed.toml")


class ReviewError(ValueError):
    """The list cannot be read; the sentence says which entry lacks what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reviewed:
    """Changes that need not be noticed: of which role, action and resource, and of which kind (all with `*`), and why.

    Raises:
        ReviewError: the reason is missing, or too short to be one.
    """

    role: str
    action: str
    reason: str
    resource: str = "*"
    change: str = "*"

    def __post_init__(self) -> None:
        if len(self.reason) < 20:
            raise ReviewError(f"reason of {self.role} {self.action} must be a sentence, got {self.reason!r}; write one")

    def explains(self, finding: Mapping[str, Any]) -> bool:
        """Whether a change that was not noticed is meant."""
        role = fnmatch.fnmatchcase(f"{finding['stack']}/{finding['role']}", self.role)
        actions = str(finding["action"]).split(", ")
        return (
            role
            and all(fnmatch.fnmatchcase(action, self.action) for action in actions)
            and fnmatch.fnmatchcase(str(finding["resource"]), self.resource)
            and fnmatch.fnmatchcase(str(finding["change"]), self.change)
        )


def read_reviewed(file: Path = FILE) -> tuple[Reviewed, ...]:
    """Return the entries of the list.

    Raises:
        ReviewError: it is no TOML, or an entry has other keys than role, action, resource, change and reason.
    """
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))["unnoticed"]
        return tuple(Reviewed(**entry) for entry in entries)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ReviewError(f"{file} must have [[unnoticed]] with role, action and reason, got: {error}") from error


def reason_of(finding: Mapping[str, Any], *, reviewed: Sequence[Reviewed]) -> str | None:
    """The reason why a change need not be noticed, or None."""
    return next((entry.reason for entry in reviewed if entry.explains(finding)), None)


def stale(findings: Sequence[Mapping[str, Any]], *, reviewed: Sequence[Reviewed]) -> list[Reviewed]:
    """The entries that explain nothing any more."""
    unnoticed = [finding for finding in findings if not finding["noticed"]]
    return [entry for entry in reviewed if not any(entry.explains(finding) for finding in unnoticed)]
