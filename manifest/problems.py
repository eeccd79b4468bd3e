"""What is wrong with a declaration, in one sentence that says what to do about it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

LONGEST_VALUE = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One value that cannot be taken.

    `key` is dotted, as TOML writes it; `file` is empty until the reader, who alone knows it, fills it in.
    """

    key: str
    allowed: str
    got: Any
    hint: str
    file: str = ""

    @property
    def sentence(self) -> str:
        """The problem as one sentence: file, key, value, what is allowed, what to do."""
        place = f" in {self.file}" if self.file else ""
        return _visible(f"{self.key} must be {self.allowed}, got {shown(self.got)}{place}; {self.hint}")

    def below(self, *, path: str) -> "Problem":
        """Return the same problem, its key written from the table that holds the value's table."""
        return replace(self, key=f"{path}.{self.key}" if path else self.key)

    def within(self, *, file: str) -> "Problem":
        """Return the same problem, with the file in which the user wrote the value."""
        return replace(self, file=file)


class Invalid(ValueError):
    """A dataclass was given values that cannot go together; raised from `__post_init__`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.sentence for problem in self.problems))


class Refused(Exception):
    """The declarations cannot be taken: every problem of every file, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.sentence for problem in self.problems))


class Reason(str):
    """Why there is no value to show: said as it is and whole, for a parser puts the place at the end."""

    __slots__ = ()


class Absent:
    """Stands for a value that was not given, where `None` could be one."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = Absent()


def refuse(*problems: Problem | None) -> None:
    """Raise `Invalid` with the problems that are there; do nothing when none is."""
    found = [problem for problem in problems if problem is not None]
    if found:
        raise Invalid(found)


def problem_if(wrong: bool, *, key: str, allowed: str, got: Any, hint: str) -> Problem | None:  # noqa: FBT001 - reads as a sentence
    """Return the problem when the condition holds, else nothing: the cell of a table of checks."""
    return Problem(key=key, allowed=allowed, got=got, hint=hint) if wrong else None


def shown(value: Any) -> str:
    """Return the value as the user would have written it, shortened to what fits a line."""
    if isinstance(value, Absent | Reason):
        return str(value)
    text = _visible(json.dumps(value, default=str, ensure_ascii=False))
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _visible(text: str) -> str:
    """The text with an escape for each character that cannot be seen: keys and files are named by others too."""
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)
