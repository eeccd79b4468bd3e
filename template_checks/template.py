"""A CloudFormation template as the checks read it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelyard.manifest.problems import Problem, problem_if

NO_VALUE = {"Ref": "AWS::NoValue"}
SUBSTITUTED = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One resource: what it is called in the template, its properties, and what stands beside them."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    body: Mapping[str, Any]

    def problem_if(self, wrong: bool, *, key: str, allowed: str, got: Any, hint: str) -> Problem | None:  # noqa: FBT001
        """Return the problem of one of its properties, when the condition holds."""
        return problem_if(wrong, key=f"{self.logical_id}.{key}", allowed=allowed, got=got, hint=hint)


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A template with the name of its stack, and its region where that is known."""

    name: str
    body: Mapping[str, Any]
    region: str | None = None

    def resources(self, *types: str) -> Iterator[Resource]:
        """Yield the resources of some types, or of all when none is named, in the template's order."""
        found = (self.resource(logical_id) for logical_id in self.section("Resources"))
        yield from (one for one in found if one is not None and (not types or one.type in types))

    def resource(self, logical_id: str) -> Resource | None:
        """Return a resource by its logical id, without the properties that are taken away again by AWS::NoValue."""
        body = self.section("Resources").get(logical_id)
        if not isinstance(body, Mapping) or "Type" not in body:
            return None
        given = table(body.get("Properties"))
        properties = {key: value for key, value in given.items() if value != NO_VALUE}
        return Resource(logical_id=logical_id, type=str(body["Type"]), properties=properties, body=body)

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a part of the template by its name, empty where there is none."""
        return table(self.body.get(name))

    @property
    def size(self) -> int:
        """The bytes of the template as it is sent."""
        return len(json.dumps(self.body).encode())


def table(value: Any) -> Mapping[str, Any]:
    """Return the value where it is a table by itself; empty for what only the deploy knows, such as an Fn::If."""
    return value if isinstance(value, Mapping) and not _is_function(value) else {}


def tables(value: Any) -> list[Mapping[str, Any]]:
    """Return the tables of a list, without those that only the deploy knows."""
    return [table(element) for element in value if table(element)] if isinstance(value, list) else []


def listed(value: Any) -> list[Any]:
    """Return the value as a list: IAM and CloudFormation take one of something without brackets."""
    return value if isinstance(value, list) else [value]


def number(value: Any) -> int | None:
    """Return the value as a number, which CloudFormation takes as a text too; None for what only the deploy knows."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() else None
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return int(value) if whole else None


def referred(value: Any) -> str | None:
    """Return the logical id that a property refers to, by Ref or by GetAtt, or nothing."""
    if not isinstance(value, Mapping):
        return None
    if "Ref" in value:
        return str(value["Ref"])
    attribute = value.get("Fn::GetAtt")
    parts = attribute if isinstance(attribute, list) else str(attribute if attribute else "").split(".")
    return str(parts[0]) if parts and parts[0] else None


def as_text(value: Any) -> str:
    """Return a text of which parts are known only at deploy: those stand in angle brackets."""
    match value:
        case {"Fn::Join": [separator, [*parts]]}:
            return str(separator).join(as_text(part) for part in parts)
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), _]}:
            return SUBSTITUTED.sub(_substitute, text)
        case {"Fn::GetAtt": str(dotted)}:
            return as_text({"Fn::GetAtt": dotted.split(".", maxsplit=1)})
        case Mapping() if value:
            function, argument = next(iter(value.items()))
            return f"<{function} {json.dumps(argument)}>"
        case _:
            return str(value)


def _substitute(found: re.Match[str]) -> str:
    name, _, attribute = found[1].partition(".")
    return as_text({"Fn::GetAtt": [name, attribute]} if attribute else {"Ref": name})


def _is_function(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and any(key == "Ref" or key.startswith("Fn::") for key in value)


def values_at(tree: Any, key: str) -> Iterator[Any]:
    """Yield every value under a key, however deep."""
    # A dict by name: to ask for any Mapping takes ten times as long, and every rule walks every template.
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == key:
                yield value
            yield from values_at(value, key)
    elif isinstance(tree, list):
        for element in tree:
            yield from values_at(element, key)
