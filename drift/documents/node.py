"""A value in a JSON document that knows its file and its key, so that an error can say both."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from modelyard.drift.errors import DriftError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A value somewhere in a JSON document."""

    file: str
    key: str
    value: object

    def error(self, *, allowed: str, hint: str) -> DriftError:
        """Return the error of a value that is not what is allowed."""
        shown = repr(self.value)
        short = shown if len(shown) <= 60 else shown[:57] + "..."
        return DriftError(f"{self.key} must be {allowed}, got {short} in {self.file}; {hint}")

    def has(self, name: str) -> bool:
        """Whether the object has the key with a value other than null."""
        return self.members().get(name) is not None

    def get(self, name: str) -> "Node":
        """Return a member of the object.

        Raises:
            DriftError: this is no object, or has no such member.
        """
        members = self.members()
        key = f"{self.key}.{name}" if self.key != "the document" else name
        if members.get(name) is None:
            raise DriftError(f"{key} must be given, it is missing in {self.file}; make the file again or add it")
        return Node(file=self.file, key=key, value=members[name])

    def read(self, name: str, take: "Callable[[Node], T]", *, default: T) -> T:
        """Return what a member is read as, or the default where there is none."""
        return take(self.get(name)) if self.has(name) else default

    def find(self, *names: str) -> "Node | None":
        """Return a member of a member and so on, or None where one of them is missing."""
        node = self
        for name in names:
            if not node.has(name):
                return None
            node = node.get(name)
        return node

    def members(self) -> dict[str, object]:
        """Return the object's members.

        Raises:
            DriftError: this is no object.
        """
        if not isinstance(self.value, dict):
            raise self.error(allowed="an object", hint="make the file again")
        return self.value

    def items(self) -> "Iterator[Node]":
        """Yield the list's items.

        Raises:
            DriftError: this is no list.
        """
        if not isinstance(self.value, list):
            raise self.error(allowed="a list", hint="make the file again")
        for index, item in enumerate(self.value):
            yield Node(file=self.file, key=f"{self.key}[{index}]", value=item)

    def text(self) -> str:
        """Return the string.

        Raises:
            DriftError: this is no string.
        """
        if not isinstance(self.value, str):
            raise self.error(allowed="a string", hint="put it in quotes")
        return self.value

    def number(self) -> float:
        """Return the number; Java's "NaN" and "Infinity" are numbers.

        Raises:
            DriftError: this is no number.
        """
        if self.value in ("NaN", "Infinity", "-Infinity"):
            return float(str(self.value))
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error(allowed="a number", hint="write it without quotes")
        try:
            return float(self.value)
        except OverflowError as error:
            raise self.error(allowed="a number that a double can hold", hint="make the file again") from error

    def count(self) -> int:
        """Return the whole number of 0 or more.

        Raises:
            DriftError: this is no whole number, or below 0.
        """
        number = self.number()
        if not number.is_integer() or number < 0:
            raise self.error(allowed="a whole number of 0 or more", hint="make the file again")
        return int(number)

    def share(self) -> float:
        """Return the number between 0 and 1.

        Raises:
            DriftError: this is no number between 0 and 1.
        """
        number = self.number()
        if not 0 <= number <= 1:
            raise self.error(allowed="between 0 and 1", hint="give a share, such as 0.95 for 95 %")
        return number

    def switch(self) -> bool:
        """Return whether this is "Enabled" (or true).

        Raises:
            DriftError: this is no switch.
        """
        if self.value in ("Enabled", "Disabled") or isinstance(self.value, bool):
            return self.value in ("Enabled", True)
        raise self.error(allowed='"Enabled" or "Disabled"', hint="write one of the two")

    def one_of(self, *choices: str) -> str:
        """Return the string.

        Raises:
            DriftError: this is none of the choices.
        """
        if self.value not in choices:
            raise self.error(allowed="one of " + ", ".join(choices), hint="write one of them")
        return str(self.value)


def read_document(*, path: Path) -> Node:
    """Read a JSON file.

    Raises:
        DriftError: the file cannot be read, or is not JSON.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return Node(file=str(path), key="the document", value=json.loads(text))
    except OSError as error:
        raise DriftError(f"{path} cannot be read ({error.strerror}); give a file that exists") from error
    except (ValueError, RecursionError) as error:
        raise DriftError(f"{path} is not JSON ({error}); make the file again") from error
