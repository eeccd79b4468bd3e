"""Attributes as AWS calls them: a column's index or name, or a JSONPath, by which values are found."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.json_rows import flatten, parse_json, payload_rows
from modelyard.drift.reading.records import Payload, csv_rows, encoding_and_text

Text: TypeAlias = "str | None"

INDEX = re.compile(r"(?:_c)?(\d+)")
STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d+|\*)\]|\['([^']+)'\]|\["([^"]+)"\]""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Attribute:
    """Where a payload has the value of each row, as the user wrote it.

    It has an index, or the steps of a JSONPath: names, positions and `*` for all items, or else it is a name.
    """

    text: str
    index: int | None = None
    steps: tuple[str | int, ...] | None = None

    def values(self, *, payload: Payload) -> list[Text]:
        """Return the value of each row of the payload.

        Raises:
            DriftError: the payload has no such value; the message says why.
        """
        encoding, data = encoding_and_text(payload=payload)
        values: list[Text]
        if encoding == "CSV":
            lines = csv_rows(text=data)
            if self.index is None or any(self.index >= len(line) for line in lines):
                raise DriftError(f"there is no column {self.text}")
            values = [line[self.index] for line in lines]
        else:
            values = self._in_json(parse_json(text=data))
        if len(values) == 0:
            raise DriftError(f"there is nothing at {self.text}")
        return values

    def _in_json(self, value: object) -> list[Text]:
        if self.steps is not None:
            items = _follow(value, self.steps)
            if any(isinstance(item, list | Mapping) for item in items):
                raise DriftError(f"there is no single value at {self.text}")
            return [leaf for item in items for leaf in flatten(value=item).values()]
        rows = payload_rows(value=value)
        if self.index is not None:
            return [leaf for row in rows for leaf in list(row.values())[self.index : self.index + 1]]
        return [row[self.text] for row in rows if self.text in row]


def parse_attribute(*, text: str) -> Attribute:
    """Read `0`, `_c0`, `prediction` or `$.predictions[0]['score']`.

    An index counts columns from 0, in JSON the leaves in alphabetical order.

    Raises:
        DriftError: a JSONPath has other steps than names, positions and `[*]`.
    """
    index = INDEX.fullmatch(text)
    if index is not None:
        return Attribute(text=text, index=int(index.group(1)))
    if not text.startswith("$"):
        return Attribute(text=text)
    steps: list[str | int] = []
    position = 1
    while position < len(text):
        step = STEP.match(text, position)
        if step is None:
            raise DriftError(f"a JSONPath must have steps such as .name, [0], [*] or ['name'], got {text}; take one")
        name = next(part for part in step.groups() if part is not None)
        steps.append(int(name) if name.isdigit() else name)
        position = step.end()
    return Attribute(text=text, steps=tuple(steps))


def _follow(root: object, steps: tuple[str | int, ...]) -> list[object]:
    values = [root]
    for step in steps:
        inside: list[object] = []
        for value in values:
            if isinstance(value, list):
                inside += value if step == "*" else value[step : step + 1] if isinstance(step, int) else []
            elif isinstance(value, Mapping) and step in value:
                inside.append(value[step])
        values = inside
    # a list at the end of the path has a value for each row
    return [leaf for item in values for leaf in (item if isinstance(item, list) else [item])]
