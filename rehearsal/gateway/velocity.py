"""The part of Velocity in which mapping templates are written; what is not of this part is refused by its name.

References (also quiet, braced, with members, methods and indexes), `#set`, `#if`, `#elseif`, `#else`, `#foreach` and
expressions of texts, numbers, lists, maps, `!`, `&&`, `||`, `==`, `!=`, and of numbers `<`, `<=`, `>` and `>=`. A
reference that has no value is left in the text as it is written. A line end after a directive is the directive's.

Source: "Velocity User Guide" and "VTL Reference" of Apache Velocity 1.7.
"""

import operator
import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
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
# Those that bind least come first.
OPERATORS = (("||",), ("&&",), ("==", "!="), ("<=", ">=", "<", ">"))
# API Gateway's limit (developer guide, "Quotas for REST APIs"). That it leaves out the rest is believed: it
# may as well fail, and a template that needs more is wrong either way.
MOST_ITERATIONS = 1000
ORDERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
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
        reader = Reader(self.text)
        try:
            object.__setattr__(self, "_nodes", reader.block())
        except RecursionError as error:
            raise VelocityError(f"what begins at {reader.at} of {self.text[:80]!r} is nested too deeply") from error
        if reader.ended_by is not None:
            raise VelocityError(f"#{reader.ended_by} stands at {reader.at} without its beginning in {self.text!r}")

    def render(self, variables: Variables) -> str:
        """Return the text that the template makes of variables; `#set` adds to them."""
        return render(self._nodes, variables)


def render(nodes: Sequence[Node], variables: Variables) -> str:
    """Return the text of nodes, one after the other."""
    return "".join(node(variables) for node in nodes)


def constant(value: Any) -> Callable[[Variables], Any]:
    """Return what has the same value whatever the variables are."""
    return lambda _variables: value


def is_true(value: Any) -> bool:
    """Whether Velocity takes a value for true: all but false and nothing; an empty text is something."""
    return value is not None and value is not False


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A member or method of a reference: `.name`, `.name(...)`, or `[index]` without a name."""

    name: str | None
    arguments: tuple[Expression, ...] | None = None

    def take(self, value: Any, variables: Variables) -> Any:
        """Return the member, or what the method returns."""
        if self.arguments is None:
            name = str(self.name)
            return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
        return method_of(value, self.name or "get")(*(argument(variables) for argument in self.arguments))


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A reference, which is written as it stands where it has no value, unless it is quiet."""

    root: str
    steps: tuple[Step, ...]
    source: str
    quiet: bool

    def value(self, variables: Variables) -> Any:
        """Return what it names, or None.

        Raises:
            VelocityError: what it names has no such method.

        """
        value = variables.get(self.root)
        for step in self.steps:
            if value is None:
                return None
            try:
                value = step.take(value, variables)
            except (AttributeError, TypeError) as error:
                raise VelocityError(f"{self.source} is not rehearsed: {error}") from error
        return value

    def text(self, variables: Variables) -> str:
        """Return its value as it stands in the rendered text."""
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


class Reader:
    """A template that is being read: each method reads what stands at `at`, and moves behind it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0
        self.ended_by: str | None = None

    def block(self) -> list[Node]:
        """Read to the end of a block; `ended_by` says which directive ended it."""
        self.ended_by = None
        nodes: list[Node] = []
        while self.at < len(self._text) and self.ended_by is None:
            if (match := DIRECTIVE.match(self._text, self.at)) is not None:
                self.at = match.end()
                nodes += self.directive(match["braced"] or match["plain"], begin=match.start())
            elif REFERENCE.match(self._text, self.at) is not None:
                nodes.append(self.reference().text)
            else:
                marks = [self._text.find(mark, self.at + 1) for mark in "#$"]
                end = min((mark for mark in marks if mark > 0), default=len(self._text))
                text, self.at = self._text[self.at : end], end
                nodes.append(constant(text))
        return nodes

    def directive(self, name: str, *, begin: int) -> list[Node]:
        """Read what follows a directive's name: its condition, its block, and those that belong to it."""
        if name in ("end", "else", "elseif"):
            if name != "elseif":
                self.skip(LINE_END)
            self.ended_by = name
            return []
        directives = {"set": self.set, "if": self.conditional, "foreach": self.foreach}
        if name not in directives:
            raise VelocityError(f"#{name} is not rehearsed, at {begin} of {self._text!r}")
        self.expect("(")
        return [directives[name]()]

    def set(self) -> Node:
        """Read an assignment."""
        self.skip(BLANK)
        reference = self.reference()
        self.expect("=")
        expression = self.expression()
        self.close()

        def assign(variables: Variables) -> str:
            value = expression(variables)
            # Velocity leaves what it is as it was, where there is nothing to set it to.
            if value is not None:
                reference.assign(variables, value)
            return ""

        return assign

    def conditional(self) -> Node:
        """Read a condition, its block, and what stands for the block otherwise."""
        condition = self.expression()
        self.close()
        then = self.block()
        otherwise: list[Node] = []
        if self.ended_by == "elseif":
            self.expect("(")
            otherwise = [self.conditional()]
        else:
            if self.ended_by == "else":
                otherwise = self.block()
            self.end()
        return lambda variables: render(then if is_true(condition(variables)) else otherwise, variables)

    def foreach(self) -> Node:
        """Read a loop over a list, or over the values of a map."""
        self.skip(BLANK)
        name = self.reference().root
        self.expect("in")
        expression = self.expression()
        self.close()
        body = self.block()
        self.end()

        def repeat(variables: Variables) -> str:
            values = expression(variables)
            items = list(values.values() if isinstance(values, Mapping) else values if values is not None else ())
            outer = {kept: variables.get(kept) for kept in (name, "foreach")}
            texts = []
            for index, item in enumerate(items[:MOST_ITERATIONS]):
                loop = {"index": index, "count": index + 1, "first": index == 0, "hasNext": index + 1 < len(items)}
                variables.update({name: item, "foreach": loop})
                texts.append(render(body, variables))
            variables.update(outer)
            return "".join(texts)

        return repeat

    def reference(self) -> Reference:
        """Read a reference, with its members, methods and indexes."""
        match = REFERENCE.match(self._text, self.at)
        if match is None:
            raise VelocityError(f"a reference must stand at {self.at} in {self._text!r}")
        begin, self.at = self.at, match.end()
        root, steps = self.name(), []
        while True:
            if self._text.startswith("[", self.at):
                steps.append(Step(name=None, arguments=self.items("[", "]")))
            elif self._text.startswith(".", self.at) and NAME.match(self._text, self.at + 1) is not None:
                self.at += 1
                name = self.name()
                arguments = self.items("(", ")") if self._text.startswith("(", self.at) else None
                steps.append(Step(name=name, arguments=arguments))
            else:
                break
        if match["brace"]:
            self.expect("}")
        source = self._text[begin : self.at]
        return Reference(root=root, steps=tuple(steps), source=source, quiet=bool(match["quiet"]))

    def expression(self, level: int = 0) -> Expression:
        """Read operands with the operators of a level and of those that bind more."""
        if level == len(OPERATORS):
            return self.operand()
        left = self.expression(level + 1)
        while (mark := self.operator(*OPERATORS[level])) is not None:
            left = combine(mark, left, self.expression(level + 1))
        return left

    def operand(self) -> Expression:
        """Read a value: negated, in quotes or parentheses, a reference, a list, a map, a number or a word."""
        self.skip(BLANK)
        begin, mark = self.at, self._text[self.at : self.at + 1]
        if mark == "!":
            self.at += 1
            operand = self.operand()
            return lambda variables: not is_true(operand(variables))
        if mark in ("'", '"'):
            end = self._text.find(mark, begin + 1)
            if end < 0:
                raise VelocityError(f"a text that begins at {begin} has no end in {self._text!r}")
            text, self.at = self._text[begin + 1 : end], end + 1
            # Between double quotes references are looked for, between single ones none is.
            return Template(text=text).render if mark == '"' else constant(text)
        if mark == "$":
            return self.reference().value
        if mark == "[":
            items = self.items("[", "]")
            return lambda variables: [item(variables) for item in items]
        if mark == "{":
            return self.mapping()
        if mark == "(":
            self.expect("(")
            inner = self.expression()
            self.expect(")")
            return inner
        number = NUMBER.match(self._text, begin)
        if number is not None:
            self.at = number.end()
            return constant(float(number[0]) if number[1] else int(number[0]))
        word = self.name()
        if word not in WORDS:
            raise VelocityError(f"{word} is no value, at {begin} of {self._text!r}")
        return constant(WORDS[word])

    def mapping(self) -> Expression:
        """Read a map."""
        self.expect("{")
        entries: list[tuple[Expression, Expression]] = []
        while self.operator("}") is None:
            key = self.operand()
            self.expect(":")
            entries.append((key, self.expression()))
            self.operator(",")
        return lambda variables: {key(variables): value(variables) for key, value in entries}

    def items(self, begin: str, end: str) -> tuple[Expression, ...]:
        """Read the expressions of a list, of arguments, or of an index."""
        self.expect(begin)
        items: list[Expression] = []
        while self.operator(end) is None:
            items.append(self.expression())
            self.operator(",")
        return tuple(items)

    def name(self) -> str:
        """Read a name."""
        match = NAME.match(self._text, self.at)
        if match is None:
            raise VelocityError(f"a name must stand at {self.at} in {self._text!r}")
        self.at = match.end()
        return match[0]

    def operator(self, *known: str) -> str | None:
        """Read one of several marks, if one stands here."""
        self.skip(BLANK)
        found = next((mark for mark in known if self._text.startswith(mark, self.at)), None)
        self.at += 0 if found is None else len(found)
        return found

    def expect(self, mark: str) -> None:
        """Read a mark that must stand here."""
        if self.operator(mark) is None:
            raise VelocityError(f"{mark} must stand at {self.at} in {self._text!r}")

    def close(self) -> None:
        """Read the end of what stands in a directive's parentheses, and the line end that is the directive's."""
        self.expect(")")
        self.skip(LINE_END)

    def end(self) -> None:
        """Hold the block that was read to the end that it must have."""
        if self.ended_by != "end":
            raise VelocityError(f"an #end is missing before {self.at} in {self._text!r}")
        self.ended_by = None

    def skip(self, pattern: re.Pattern[str]) -> None:
        """Move behind a match, if there is one here."""
        match = pattern.match(self._text, self.at)
        self.at = self.at if match is None else match.end()


def combine(mark: str, left: Expression, right: Expression) -> Expression:
    """Return an expression of two others."""
    if mark == "||":
        return lambda variables: is_true(left(variables)) or is_true(right(variables))
    if mark == "&&":
        return lambda variables: is_true(left(variables)) and is_true(right(variables))
    if mark in ORDERS:
        return lambda variables: _in_order(mark, left(variables), right(variables))
    return lambda variables: _are_equal(left(variables), right(variables)) is (mark == "==")


def _in_order(mark: str, left: Any, right: Any) -> bool:
    """Whether two numbers are in an order; Velocity compares nothing else, logs that and takes it for false."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (left, right))
    return numbers and bool(ORDERS[mark](left, right))


def _are_equal(left: Any, right: Any) -> bool:
    """Whether two values are equal; a number is no truth value, as it is in Python."""
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)
