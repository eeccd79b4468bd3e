"""The part of JSONPath in which a transform job's filters are written.

Source: "Associate Prediction Results with Input Records", table of supported operators, in AWS's developer guide.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

NAME = re.compile(r"\.(?:(?P<name>[A-Za-z_][\w-]*)|\*)")
BRACKETS = re.compile(r"\[(?P<inside>(?:'(?:[^'\\]|\\.)*'|[^\]'])*)\]")
QUOTED = re.compile(r"\s*'(?P<text>(?:[^'\\]|\\.)*)'\s*(?:,|$)")
# No list has more elements than a number of so many digits says.
WHOLE = r"-?\d{1,18}"
INDEX = re.compile(rf"(?P<index>{WHOLE})|(?P<start>{WHOLE})?\s*:\s*(?P<end>{WHOLE})?")


class PathError(ValueError):
    """A path that cannot be read, or that a record does not have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Members by their names, elements by indexes and slices, or with neither all members or elements."""

    names: tuple[str, ...] = ()
    elements: tuple[int | slice, ...] = ()

    @property
    def spreads(self) -> bool:
        """Whether what follows applies to each of the results."""
        return not self.names and not (len(self.elements) == 1 and isinstance(self.elements[0], int))

    def select(self, value: Any) -> Any:
        """Return what the step selects; raises as `JsonPath.select` does."""
        for name in self.names:
            if not isinstance(value, dict) or name not in value:
                raise PathError(f"the record has no member {name!r}; it has {_described(value)}")
        if self.names:
            return value[self.names[0]] if len(self.names) == 1 else {name: value[name] for name in self.names}
        if not self.elements:
            return list(value.values()) if isinstance(value, dict) else _as_list(value, operator="*")
        selected: list[Any] = []
        for element in self.elements:
            if isinstance(element, slice):
                selected.extend(_as_list(value, operator="a slice")[element])
                continue
            elements = _as_list(value, operator=f"[{element}]")
            if not -len(elements) <= element < len(elements):
                raise PathError(f"the record has no element {element}; it has {_described(value)}")
            selected.append(elements[element])
        return selected if self.spreads else selected[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonPath:
    """A path such as `$`, `$.features`, `$['id','SageMakerOutput']`, `$[0,5:]` or `$.rows[*].price`.

    Raises:
        PathError: the text is not of this part of JSONPath.

    """

    text: str = "$"

    def __post_init__(self) -> None:
        _parse(self.text)

    @property
    def whole(self) -> bool:
        """Whether the path selects everything."""
        return self.text.strip() == "$"

    def select(self, value: Any) -> Any:
        """Return what the path selects of a record that was read from JSON; a row of CSV is a list of its cells.

        Several names give an object of them, several indexes or a slice a list.

        Raises:
            PathError: the record has no such member or element.

        """
        spread = False
        for step in _parse(self.text):
            value = [step.select(each) for each in value] if spread else step.select(value)
            spread = spread or step.spreads
        return value


# Cached, as the same path is applied to each record.
@lru_cache(maxsize=64)
def _parse(text: str) -> tuple[Step, ...]:
    rest = text.strip()
    if not rest.startswith("$"):
        raise PathError(f"a filter must begin with $, got {text!r}; write $ for the whole record")
    rest = rest[1:]
    steps: list[Step] = []
    while rest:
        match = NAME.match(rest)
        if match is not None:
            steps.append(Step() if match["name"] is None else Step(names=(match["name"],)))
        else:
            match = BRACKETS.match(rest)
            if match is None:
                raise PathError(
                    f"a filter must be of $, .name, ['name'], [0], [1:3] and *, got {text!r}; correct {rest!r}"
                )
            steps.append(_parse_brackets(match["inside"].strip(), text=text))
        rest = rest[match.end() :]
    return tuple(steps)


def _parse_brackets(inside: str, *, text: str) -> Step:
    if inside == "*":
        return Step()
    if inside.startswith("'"):
        names: list[str] = []
        rest = inside
        while rest:
            match = QUOTED.match(rest)
            if match is None:
                raise PathError(
                    f"names in a filter must be quoted and separated by commas, got {text!r}; correct {rest!r}"
                )
            names.append(re.sub(r"\\(.)", r"\1", match["text"]))
            rest = rest[match.end() :]
        return Step(names=tuple(names))
    elements: list[int | slice] = []
    for part in map(str.strip, inside.split(",")):
        match = INDEX.fullmatch(part)
        if match is None:
            raise PathError(
                f"an index in a filter must be a whole number or a slice of two, got {text!r}; correct {part!r}"
            )
        if match["index"] is not None:
            elements.append(int(match["index"]))
        else:
            elements.append(slice(*(None if match[bound] is None else int(match[bound]) for bound in ("start", "end"))))
    return Step(elements=tuple(elements))


def _as_list(value: Any, *, operator: str) -> list[Any]:
    if not isinstance(value, list):
        raise PathError(f"{operator} must be asked of a list, got {_described(value)}")
    return value


def _described(value: Any) -> str:
    if isinstance(value, dict):
        return f"the members {', '.join(map(repr, value))}" if value else "no members"
    return f"{len(value)} elements" if isinstance(value, list) else f"a single {type(value).__name__}"
