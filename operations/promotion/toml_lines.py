"""One key of a TOML file, changed in its own line: comments, order and layout stay.

A TOML writer would keep most of them too; it would not put the value into the line that the manifest holds free for
it, `# model = …`, which is where a reader looks. What is written is read back, and held against what was meant.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from typing import Any

from modelyard.operations.failures import Failure

HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(#.*)?$")
# The value is a text without escapes, a number, true or false, or a list in the line; a comment after it is kept.
LINE = r"""(?P<before>\s*KEY\s*=\s*)(?P<value>"[^"\\]*"|'[^']*'|[-+\w.]+|\[[^\[\]]*\])(?P<after>\s*(#.*)?)$"""
PLACE = r"\s*#\s*KEY\s*="

Value = str | float | bool | tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """A key and its new value in a table: `serving.variants` with an index, or `monitoring` without.

    A value of None takes the line away.
    """

    table: str
    key: str
    value: Value | None
    index: int | None = None

    def apply(self, text: str) -> str:
        """Return the file's text with the value in it.

        Raises:
            Failure: the table is written in a form of which a line cannot be changed.
        """
        lines = text.split("\n")
        start, end = self._extent(lines)
        if start < 0:
            raise self._refusal()
        lines[start:end] = self._edited(lines[start:end])
        changed = "\n".join(lines)
        if not self._is_meant(before=text, after=changed):
            raise self._refusal()
        return changed

    def _extent(self, lines: list[str]) -> tuple[int, int]:
        """The lines of the table after its header, up to the next header; -1 when there is no such header."""
        headers = [(number, match) for number, line in enumerate(lines) if (match := HEADER.match(line)) is not None]
        named = [number for number, match in headers if match[2] == self.table]
        wanted = self.index if self.index is not None else 0
        if wanted >= len(named):
            return -1, -1
        start = named[wanted]
        after = [number for number, _ in headers if number > start]
        return start + 1, after[0] if after else len(lines)

    def _edited(self, lines: list[str]) -> list[str]:
        line, place = (re.compile(one.replace("KEY", re.escape(self.key))) for one in (LINE, PLACE))
        for number, text in enumerate(lines):
            match = line.match(text)
            if match is not None and self.value is None:
                return [*lines[:number], *lines[number + 1 :]]
            if match is not None and self.value is not None:
                return [*lines[:number], f"{match['before']}{_toml(self.value)}{match['after']}", *lines[number + 1 :]]
        if self.value is None:
            return lines
        for number, text in enumerate(lines):
            if place.match(text):
                return [*lines[:number], self._line, *lines[number + 1 :]]
        # After the last line that says something: blank lines and comments before the next table are the next's.
        said = [number for number, text in enumerate(lines) if text.strip() and not text.lstrip().startswith("#")]
        end = said[-1] + 1 if said else 0
        return [*lines[:end], self._line, *lines[end:]]

    @property
    def _line(self) -> str:
        return f"# {self.key} =" if self.value is None else f"{self.key} = {_toml(self.value)}"

    def _is_meant(self, *, before: str, after: str) -> bool:
        """Whether the new text, read as TOML, differs from the old in this one value."""
        meant = tomllib.loads(before)
        table: Any = meant
        for part in self.table.split("."):
            table = table.setdefault(part, {}) if isinstance(table, dict) else {}
        if self.index is not None:
            table = table[self.index] if isinstance(table, list) and self.index < len(table) else {}
        if isinstance(table, dict) and self.value is None:
            table.pop(self.key, None)
        elif isinstance(table, dict):
            table[self.key] = list(self.value) if isinstance(self.value, tuple) else self.value
        try:
            return tomllib.loads(after) == meant
        except tomllib.TOMLDecodeError:
            return False

    def _refusal(self) -> Failure:
        where = self.table if self.index is None else f"{self.table} number {self.index + 1}"
        return Failure(
            f"{where} must be a table of its own with a line for each key, for {self.key} to be written into it; "
            f"write it so, or set {self._line} yourself"
        )


def _toml(value: Value) -> str:
    """A TOML basic string escapes as JSON does, true is true in both; a whole number is written without a point."""
    if isinstance(value, str | bool | tuple):
        return json.dumps(value, ensure_ascii=False)
    return str(int(value)) if value == int(value) else repr(value)
