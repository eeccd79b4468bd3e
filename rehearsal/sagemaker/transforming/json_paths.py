"""The part of JSONPath in which a transform job's filters are written.

Source: "Associate Prediction Results with Input Records", table of supported operators, in AWS's developer guide.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NAME = re.compile(r"\.(?:(?P<name>[A-Za-z_][\w-]*)|(?P<star>\*))")
BRACKETS = re.compile(r"\[(?P<inside>(?:'(?:[^'\\]|\\.)*'|[^\]'])*)\]")
QUOTED = re.compile(r"\s*'(?P<text>(?:[^'\\]|\\.)*)'\s*(?:,|$)")
WHOLE = re.compile(r"-?\d+")


class PathError(ValueError):
    """A path that cannot be read, or that a record does not have."""


Step = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonPath:
    """A path such as `$`, `$.features`, `$['id','SageMakerOutput']`, `$[0,5:]` or `$.rows[*].price`.

    Raises:
        PathError: the text is not of this part of JSONPath.

    """

    text: str = "$"

    def __post_init__(self) -> None:
        _steps(self.text)

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
        for step in _steps(self.text):
            value = step(value)
        return value


def _steps(text: str) -> list[Step]:
    rest = text.strip()
    if not rest.startswith("$"):
        raise PathError(f"a filter must begin with $, got {text!r}; write $ for the whole record")
    rest, steps, spread = rest[1:], [], False
    while rest:
        step, fans_out, rest = _step(rest=rest, text=text)
        steps.append(_each(step) if spread else step)
        spread = spread or fans_out
    return steps


def _step(*, rest: str, text: str) -> tuple[Step, bool, str]:
    """Return the first step, whether what follows applies to each of its results, and the rest."""
    named = NAME.match(rest)
    if named is not None:
        step = _everything if named["star"] else _member(named["name"])
        return step, named["star"] is not None, rest[named.end() :]
    brackets = BRACKETS.match(rest)
    if brackets is None:
        raise PathError(f"a filter must be of $, .name, ['name'], [0], [1:3] and *, got {text!r}; correct {rest!r}")
    step, fans_out = _selection(inside=brackets["inside"].strip(), text=text)
    return step, fans_out, rest[brackets.end() :]


def _selection(*, inside: str, text: str) -> tuple[Step, bool]:
    if inside == "*":
        return _everything, True
    if inside.startswith("'"):
        names = _names(inside=inside, text=text)
        return (_member(names[0]), False) if len(names) == 1 else (_members(names), False)
    parts = [_index(part=part.strip(), text=text) for part in inside.split(",")]
    if len(parts) == 1 and isinstance(parts[0], int):
        return _element(parts[0]), False
    return _elements(parts), True


def _names(*, inside: str, text: str) -> list[str]:
    names, rest = [], inside
    while rest:
        quoted = QUOTED.match(rest)
        if quoted is None:
            raise PathError(f"names in a filter must be quoted and separated by commas, got {text!r}; correct {rest!r}")
        names.append(re.sub(r"\\(.)", r"\1", quoted["text"]))
        rest = rest[quoted.end() :]
    return names


def _index(*, part: str, text: str) -> int | slice:
    start, colon, end = part.partition(":")
    bounds = [bound.strip() for bound in (start, end)]
    if not colon and WHOLE.fullmatch(part):
        return int(part)
    if colon and all(bound == "" or WHOLE.fullmatch(bound) for bound in bounds):
        first, last = (int(bound) if bound else None for bound in bounds)
        return slice(first, last)
    raise PathError(f"an index in a filter must be a whole number or a slice of two, got {text!r}; correct {part!r}")


def _each(step: Step) -> Step:
    def apply(values: Any) -> Any:
        return [step(value) for value in values]

    return apply


def _everything(value: Any) -> Any:
    if isinstance(value, dict):
        return list(value.values())
    return _as_list(value, wanted="*")


def _member(name: str) -> Step:
    def pick(value: Any) -> Any:
        if not isinstance(value, dict) or name not in value:
            raise PathError(f"the record has no member {name!r}; it has {_described(value)}")
        return value[name]

    return pick


def _members(names: list[str]) -> Step:
    def pick(value: Any) -> Any:
        return {name: _member(name)(value) for name in names}

    return pick


def _element(index: int) -> Step:
    def pick(value: Any) -> Any:
        elements = _as_list(value, wanted=f"[{index}]")
        if not -len(elements) <= index < len(elements):
            raise PathError(f"the record has no element {index}; it has {_described(value)}")
        return elements[index]

    return pick


def _elements(parts: list[int | slice]) -> Step:
    def pick(value: Any) -> Any:
        chosen: list[Any] = []
        for part in parts:
            if isinstance(part, slice):
                chosen.extend(_as_list(value, wanted="a slice")[part])
            else:
                chosen.append(_element(part)(value))
        return chosen

    return pick


def _as_list(value: Any, *, wanted: str) -> list[Any]:
    if not isinstance(value, list):
        raise PathError(f"{wanted} must be asked of a list, got {_described(value)}")
    return value


def _described(value: Any) -> str:
    if isinstance(value, dict):
        return f"the members {', '.join(map(repr, value))}" if value else "no members"
    return f"{len(value)} elements" if isinstance(value, list) else f"a single {type(value).__name__}"
