"""Attributes as AWS calls them: a column's index or name, or a JSONPath, by which values are found."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.json_rows import flatten, parse_documents, payload_rows
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
            values = [leaf for value in parse_documents(text=data) for leaf in self._in_json(value)]
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


@dataclass(frozen=True, kw_only=True, slots=True)
class MostProbable:
    """The class of the greatest probability, of classes that have a place each; the first one where two are equal."""

    text: str
    by_class: Mapping[str, Attribute]
    index: None = None

    def values(self, *, payload: Payload) -> list[Text]:
        """Return the class of each row of the payload.

        Raises:
            DriftError: a probability is missing or no number.
        """
        columns = [attribute.values(payload=payload) for attribute in self.by_class.values()]
        if len({len(column) for column in columns}) > 1:
            raise DriftError("their classes have different numbers of probabilities")
        classes = list(self.by_class)
        rows = ([_probability(text) for text in row] for row in zip(*columns, strict=True))
        return [classes[row.index(max(row))] for row in rows]


Place: TypeAlias = Attribute | MostProbable


def _probability(text: Text) -> float:
    try:
        number = math.nan if text is None else float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise DriftError("a probability of theirs is no number")
    return number


def parse_place(*, text: str) -> Place:
    """Read an attribute, or where the probabilities of classes are.

    That is an object of classes and their attributes such as `{"no":"0","yes":"1"}`, or a list of the JSONPath of all
    of them and of the classes in their order, such as `["$.predictions[*]","no","yes"]`.

    Raises:
        DriftError: it is none of these.
    """
    if not text.startswith(("{", "[")):
        return parse_attribute(text=text)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, list) and len(value) > 1 and all(isinstance(part, str) for part in value):
        place, *classes = value
        value = {name: f"{place}[{number}]" for number, name in enumerate(classes)} if place.startswith("$") else None
    if not isinstance(value, dict) or not value or not all(isinstance(place, str) for place in value.values()):
        raise DriftError(
            "a place must be an attribute, an object of classes and attributes, or a list of a JSONPath and classes, "
            f"got {text}; give one"
        )
    by_class = {name: parse_attribute(text=place) for name, place in value.items()}
    return MostProbable(text=text, by_class=by_class)


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
