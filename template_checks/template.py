"""A CloudFormation template as the checks read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from manifest.flaws import Flaw, flaw_if


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One resource: what it is called in the template, its properties, and what stands beside them."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    body: Mapping[str, Any]

    def flaw_if(self, wrong: bool, *, key: str, allowed: str, got: Any, cure: str) -> Flaw | None:  # noqa: FBT001
        """The flaw of one of its properties, when the condition holds."""
        return flaw_if(wrong, key=f"{self.logical_id}.{key}", allowed=allowed, got=got, cure=cure)


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A template with the name of its stack, and its region where that is known."""

    name: str
    body: Mapping[str, Any]
    region: str | None = None

    def resources(self, *types: str) -> Iterator[Resource]:
        """The resources of some types, in the template's order."""
        for logical_id, body in self.body.get("Resources", {}).items():
            if body["Type"] in types:
                yield Resource(
                    logical_id=logical_id, type=body["Type"], properties=body.get("Properties", {}), body=body
                )

    def resource(self, logical_id: str) -> Resource | None:
        """A resource by its logical id."""
        body = self.body.get("Resources", {}).get(logical_id)
        if body is None:
            return None
        return Resource(logical_id=logical_id, type=body["Type"], properties=body.get("Properties", {}), body=body)

    @property
    def size(self) -> int:
        """The bytes of the template as it is sent."""
        return len(json.dumps(self.body).encode())


def referred(value: Any) -> str | None:
    """The logical id that a property refers to, by Ref or by GetAtt, or nothing."""
    if not isinstance(value, Mapping):
        return None
    if "Ref" in value:
        return str(value["Ref"])
    attribute = value.get("Fn::GetAtt")
    return str(attribute[0] if isinstance(attribute, list) else attribute.partition(".")[0]) if attribute else None


def as_text(value: Any) -> str:
    """A text of which parts are known only at deploy: those stand in angle brackets."""
    if isinstance(value, Mapping):
        joined = value.get("Fn::Join")
        if joined is not None:
            return str(joined[0]).join(as_text(part) for part in joined[1])
        ((function, argument),) = list(value.items())[:1]
        return f"<{function} {json.dumps(argument)}>"
    return str(value)


def values_at(tree: Any, key: str) -> Iterator[Any]:
    """Every value under a key, however deep."""
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            if name == key:
                yield value
            yield from values_at(value, key)
    elif isinstance(tree, list):
        for element in tree:
            yield from values_at(element, key)
