"""The part of Velocity in which mapping templates are written; what is not of this part is refused by its name.

References (also quiet, braced, with members, methods and indexes), `#set`, `#if`, `#elseif`, `#else`, `#foreach` and
expressions of texts, numbers, lists, maps, `!`, `&&`, `||`, `==` and `!=`. A reference that has no value is left in the
text as it is written. A line end after a directive is the directive's.

Source: "Velocity User Guide" and "VTL Reference" of Apache Velocity 1.7.
"""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelyard.rehearsal.gateway.java import method_of, written

Variables = MutableMapping[str, Any]
NAME = re.compile(r"[A-Za-z][\w-]*")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
REFERENCE = re.compile(r"\$(?P<quiet>!?)(?P<brace>\{?)(?=[A-Za-z])")
DIRECTIVE = re.compile(r"#(?:\{(?P<braced>[a-z]+)\}|(?P<plain>set|if|elseif|else|foreach|end|[a-z]+(?=\s*\()))")
BLANK = re.compile(r"\s*")
LINE_END = re.compile(r"[ \t]*\r?\n")
OPERATORS = (("||",), ("&&",), ("==", "!="))
WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}


class VelocityError(ValueError):
    """A template that cannot be read, or that asks for what is not rehearsed."""


Expression = Callable[[Variables], Any]
Node = Callable[[Variables], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A template that was read once.

    Raises:
        VelocityError: it cannot be read; `render` raises it for what has no such method.

    """

    text: str
    _nodes: list[Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        reader = _Reader(self.text)
        object.__setattr__(self, "_nodes", reader.block())
        if reader.ended_by is not None:
            raise VelocityError(f"#{reader.ended_by} stands at {reader.at} without its beginning in {self.text!r}")

    def render(self, variables: Variables) -> str:
        """Return the text that the template makes of variables; `#set` adds to them."""
        return _rendered(self._nodes, variables)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    """A member or method of a reference: `.name`, `.name(...)`, or `[index]` without a name."""

    name: str | None
    arguments: tuple[Expression, ...] | None = None

    def take(self, value: Any, variables: Variables) -> Any:
        given = [argument(variables) for argument in self.arguments or ()]
        if self.name is None:
            return method_of(value, "get")(*given)
        if self.arguments is None:
            return value.get(self.name) if isinstance(value, Mapping) else getattr(value, self.name, None)
        return method_of(value, self.name)(*given)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reference:
    """A reference, which is written as it stands where it has no value, unless it is quiet."""

    root: str
    steps: tuple[_Step, ...]
    source: str
    quiet: bool

    def value(self, variables: Variables) -> Any:
        value = variables.get(self.root)
        for step in self.steps:
            if value is None:
                return None
            try:
                value = step.take(value, variables)
            except (AttributeError, TypeError) as error:
                raise VelocityError(f"{self.source} is not rehearsed: {error}") from error
        return value

    def shown(self, variables: Variables) -> str:
        value = self.value(variables)
        if value is None:
            return "" if self.quiet else self.source
        return written(value)

    def assign(self, variables: Variables, value: Any) -> None:
        """Set what it names; a member of what is not there is made with all above it."""
        *above, last = [self.root, *(str(step.name) for step in self.steps)]
        holder: Any = variables
        for name in above:
            holder = holder.setdefault(name, {})
        holder[last] = value


class _Reader:
    """A template that is being read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self.ended_by: str | None = None

    def block(self) -> list[Node]:
        """Read to the end of a block; `ended_by` says which directive ended it."""
        self.ended_by = None
        nodes: list[Node] = []
        while self.at < len(self._text) and self.ended_by is None:
            node = self._node()
            nodes += [] if node is None else [node]
        return nodes

    def _node(self) -> Node | None:
        if (match := DIRECTIVE.match(self._text, self.at)) is not None:
            return self._directive(match)
        if REFERENCE.match(self._text, self.at) is not None:
            return self._reference().shown
        return self._plain()

    def _plain(self) -> Node:
        following = [self._text.find(mark, self.at + 1) for mark in "#$"]
        end = min((place for place in following if place > 0), default=len(self._text))
        text, self.at = self._text[self.at : end], end
        return lambda _variables: text

    def _directive(self, match: re.Match[str]) -> Node | None:
        name = match["braced"] or match["plain"]
        self.at = match.end()
        if name in ("end", "else", "elseif"):
            self._skip_line_end(unless=name == "elseif")
            self.ended_by = name
            return None
        makers = {"set": self._set, "if": self._if, "foreach": self._foreach}
        if name not in makers:
            raise VelocityError(f"#{name} is not rehearsed, at {match.start()} of {self._text!r}")
        return makers[name]()

    def _set(self) -> Node:
        self._expect("(")
        self._blank()
        reference = self._reference()
        self._expect("=")
        value = self._expression()
        self._close()

        def assign(variables: Variables) -> str:
            found = value(variables)
            # Velocity leaves what it is as it was, where there is nothing to set it to.
            if found is not None:
                reference.assign(variables, found)
            return ""

        return assign

    def _if(self) -> Node:
        self._expect("(")
        condition = self._expression()
        self._close()
        then, otherwise = self.block(), []
        if self.ended_by == "elseif":
            otherwise = [self._if()]
        elif self.ended_by == "else":
            otherwise = self.block()
            self._ended()
        else:
            self._ended()
        return lambda variables: _rendered(then if _true(condition(variables)) else otherwise, variables)

    def _foreach(self) -> Node:
        self._expect("(")
        self._blank()
        item = self._reference()
        self._expect("in")
        items = self._expression()
        self._close()
        body = self.block()
        self._ended()
        return lambda variables: "".join(_repeated(body, variables, name=item.root, items=items(variables)))

    def _ended(self) -> None:
        if self.ended_by != "end":
            raise VelocityError(f"an #end is missing before {self.at} in {self._text!r}")
        self.ended_by = None

    def _reference(self) -> _Reference:
        match = REFERENCE.match(self._text, self.at)
        if match is None:
            raise VelocityError(f"a reference must stand at {self.at} in {self._text!r}")
        begin, self.at = self.at, match.end()
        root = self._name()
        steps = tuple(iter(self._step, None))
        if match["brace"]:
            self._expect("}")
        return _Reference(root=root, steps=steps, source=self._text[begin : self.at], quiet=bool(match["quiet"]))

    def _step(self) -> _Step | None:
        if self._text.startswith("[", self.at):
            return _Step(name=None, arguments=self._list("[", "]"))
        if not self._text.startswith(".", self.at) or NAME.match(self._text, self.at + 1) is None:
            return None
        self.at += 1
        name = self._name()
        called = self._text.startswith("(", self.at)
        return _Step(name=name, arguments=self._list("(", ")") if called else None)

    def _name(self) -> str:
        match = NAME.match(self._text, self.at)
        if match is None:
            raise VelocityError(f"a name must stand at {self.at} in {self._text!r}")
        self.at = match.end()
        return match[0]

    def _expression(self, level: int = 0) -> Expression:
        if level == len(OPERATORS):
            return self._operand()
        left = self._expression(level + 1)
        while (operator := self._operator(OPERATORS[level])) is not None:
            left = _joined(operator, left, self._expression(level + 1))
        return left

    def _operator(self, known: Sequence[str]) -> str | None:
        self._blank()
        found = next((one for one in known if self._text.startswith(one, self.at)), None)
        self.at += len(found) if found is not None else 0
        return found

    def _operand(self) -> Expression:
        self._blank()
        mark = self._text[self.at : self.at + 1]
        if mark == "!":
            self.at += 1
            operand = self._operand()
            return lambda variables: not _true(operand(variables))
        if mark in ("'", '"'):
            return self._quoted(mark)
        if mark == "$":
            return self._reference().value
        if mark in ("[", "{", "("):
            return self._enclosed(mark)
        return self._literal()

    def _enclosed(self, mark: str) -> Expression:
        if mark == "[":
            items = self._list("[", "]")
            return lambda variables: [item(variables) for item in items]
        if mark == "{":
            return self._map()
        self._expect("(")
        inner = self._expression()
        self._expect(")")
        return inner

    def _map(self) -> Expression:
        self._expect("{")
        entries: list[tuple[Expression, Expression]] = []
        while self._operator(("}",)) is None:
            key = self._operand()
            self._expect(":")
            entries.append((key, self._expression()))
            self._operator((",",))
        return lambda variables: {key(variables): value(variables) for key, value in entries}

    def _list(self, begin: str, end: str) -> tuple[Expression, ...]:
        self._expect(begin)
        items: list[Expression] = []
        while self._operator((end,)) is None:
            items.append(self._expression())
            self._operator((",",))
        return tuple(items)

    def _quoted(self, mark: str) -> Expression:
        end = self._text.find(mark, self.at + 1)
        if end < 0:
            raise VelocityError(f"a text that begins at {self.at} has no end in {self._text!r}")
        text, self.at = self._text[self.at + 1 : end], end + 1
        # Between double quotes references are looked for, between single ones none is.
        return Template(text=text).render if mark == '"' else lambda _variables: text

    def _literal(self) -> Expression:
        number = NUMBER.match(self._text, self.at)
        if number is not None:
            self.at = number.end()
            value = float(number[0]) if number[1] else int(number[0])
            return lambda _variables: value
        word = self._name()
        if word not in WORDS:
            raise VelocityError(f"{word} is no value, at {self.at - len(word)} of {self._text!r}")
        return lambda _variables: WORDS[word]

    def _expect(self, mark: str) -> None:
        self._blank()
        if not self._text.startswith(mark, self.at):
            raise VelocityError(f"{mark} must stand at {self.at} in {self._text!r}")
        self.at += len(mark)

    def _close(self) -> None:
        self._expect(")")
        self._skip_line_end()

    def _skip_line_end(self, *, unless: bool = False) -> None:
        match = LINE_END.match(self._text, self.at)
        if match is not None and not unless:
            self.at = match.end()

    def _blank(self) -> None:
        match = BLANK.match(self._text, self.at)
        self.at = match.end() if match is not None else self.at


def _rendered(nodes: Sequence[Node], variables: Variables) -> str:
    return "".join(node(variables) for node in nodes)


def _repeated(body: Sequence[Node], variables: Variables, *, name: str, items: Any) -> Iterator[str]:
    found = list(items.values() if isinstance(items, Mapping) else items if items is not None else ())
    outer = {kept: variables.get(kept) for kept in (name, "foreach")}
    for index, item in enumerate(found):
        here = {"index": index, "count": index + 1, "first": index == 0, "hasNext": index + 1 < len(found)}
        variables.update({name: item, "foreach": here})
        yield _rendered(body, variables)
    variables.update(outer)


def _joined(operator: str, left: Expression, right: Expression) -> Expression:
    if operator == "||":
        return lambda variables: _true(left(variables)) or _true(right(variables))
    if operator == "&&":
        return lambda variables: _true(left(variables)) and _true(right(variables))
    return lambda variables: (left(variables) == right(variables)) is (operator == "==")


def _true(value: Any) -> bool:
    """Return what Velocity takes for true: all but false and nothing; an empty text is something."""
    return value is not None and value is not False
