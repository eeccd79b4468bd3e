"""What is wrong with a declaration, in one sentence that says what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

LONGEST_VALUE = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Flaw:
    """One value that cannot be taken.

    `key` is dotted, as TOML writes it; `file` is empty until the reader, who alone knows it, fills it in.
    """

    key: str
    allowed: str
    got: Any
    cure: str
    file: str = ""

    @property
    def sentence(self) -> str:
        """The flaw as one sentence: file, key, value, what is allowed, what to do."""
        place = f" in {self.file}" if self.file else ""
        return _visible(f"{self.key} must be {self.allowed}, got {shown(self.got)}{place}; {self.cure}")

    def below(self, *, path: str) -> Flaw:
        """The same flaw, its key written from the table that holds the value's table."""
        return replace(self, key=f"{path}.{self.key}" if path else self.key)

    def within(self, *, file: str) -> Flaw:
        """The same flaw, with the file in which the user wrote the value."""
        return replace(self, file=file)


class Invalid(ValueError):
    """A dataclass was given values that cannot go together; raised from `__post_init__`."""

    def __init__(self, flaws: Iterable[Flaw]) -> None:
        self.flaws = tuple(flaws)
        super().__init__("\n".join(flaw.sentence for flaw in self.flaws))


class Refused(Exception):
    """The declarations cannot be taken: every flaw of every file, not only the first."""

    def __init__(self, flaws: Iterable[Flaw]) -> None:
        self.flaws = tuple(flaws)
        super().__init__("\n".join(flaw.sentence for flaw in self.flaws))


class Reason(str):
    """Why there is no value to show: said as it is and whole, for a parser puts the place at the end."""

    __slots__ = ()


class Absent:
    """Stands for a value that was not given, where `None` could be one."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = Absent()


def refuse(*flaws: Flaw | None) -> None:
    """Raise `Invalid` with the flaws that are there; do nothing when none is."""
    found = [flaw for flaw in flaws if flaw is not None]
    if found:
        raise Invalid(found)


def flaw_if(wrong: bool, *, key: str, allowed: str, got: Any, cure: str) -> Flaw | None:  # noqa: FBT001 - reads as a sentence
    """The flaw when the condition holds, else nothing: the cell of a table of checks."""
    return Flaw(key=key, allowed=allowed, got=got, cure=cure) if wrong else None


def shown(value: Any) -> str:
    """The value as the user would have written it, shortened to what fits a line."""
    if isinstance(value, Absent | Reason):
        return str(value)
    text = _visible(json.dumps(value, default=str, ensure_ascii=False))
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _visible(text: str) -> str:
    """The text with an escape for each character that cannot be seen: keys and files are named by others too."""
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
