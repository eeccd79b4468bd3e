"""The changes that give a role more than it needs: no rehearsal can fail by them, so the template checks must.

Each is made in the finished template of a stack, as a change of the code would make it, and the checks that every
synth asks are asked again.
"""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from proofs.permissions.roles import listed

from modelyard.template_checks import check_templates
from modelyard.template_checks.template import Template, as_text

TYPES = (
    "AWS::IAM::Role",
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::KMS::Key",
)
_OBJECTS = re.compile(r"([^/]*)/.+")

Path = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Widening:
    """One change of a template: where, what it was, what stands there now, and which problems it made."""

    stack: str
    logical_id: str
    kind: str
    was: str
    problems: tuple[str, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The widening as JSON has it."""
        return {
            "stack": self.stack,
            "role": re.sub(r"[0-9A-F]{8}$", "", self.logical_id),
            "change": self.kind,
            "action": "",
            "resource": self.was,
            "noticed": bool(self.problems),
            "how": self.problems[0] if self.problems else "unnoticed",
            "part": "template checks",
            "said": "",
        }


def widenings(templates: Mapping[str, Mapping[str, Any]]) -> Iterator[Widening]:
    """Widen every statement of every policy, one thing at a time, and ask the checks."""
    for stack, body in templates.items():
        known = _problems(stack, body)
        for logical_id, resource in body["Resources"].items():
            if resource["Type"] in TYPES:
                for kind, path, value in _changes(resource.get("Properties", {}), ("Properties",)):
                    changed = _changed(body, (logical_id, *path), value)
                    new = tuple(problem for problem in _problems(stack, changed) if problem not in known)
                    was = as_text(_at(resource, path)) if not isinstance(_at(resource, path), dict) else str(path[-1])
                    yield Widening(stack=stack, logical_id=logical_id, kind=kind, was=_short(was), problems=new)


def _changes(value: Any, path: Path) -> Iterator[tuple[str, Path, Any]]:
    if isinstance(value, dict) and value.get("Effect") == "Allow":
        yield from _of_statement(value, path)
        return
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from _changes(inner, (*path, step))


def _of_statement(statement: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Path, Any]]:
    for name in ("Action", "Resource"):
        if name in statement:
            for place, one in enumerate(listed(statement[name])):
                where = (*path, name, place) if isinstance(statement[name], list) else (*path, name)
                yield from _wider(name, one, where)
    for operator, keys in statement.get("Condition", {}).items():
        for key in keys:
            left = {one: value for one, value in keys.items() if one != key}
            yield f"drop {key}", (*path, "Condition", operator), left
    if "Service" in statement.get("Principal", {}):
        yield "anyone", (*path, "Principal"), {"AWS": "*"}


def _wider(name: str, value: Any, path: Path) -> Iterator[tuple[str, Path, Any]]:
    text = as_text(value)
    if name == "Action" and not text.endswith(":*"):
        yield "any action", path, f"{text.partition(':')[0]}:*"
    if name == "Resource" and text != "*":
        yield "any resource", path, "*"
        found = _OBJECTS.fullmatch(text)
        if found is not None and ":sagemaker:" not in text and ":log-group:" not in text and ":ecr:" not in text:
            yield "whole bucket", path, {"Fn::Join": ["", [found[1], "/*"]]}


def _changed(body: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    # Only the resource that changes is copied: a template has hundreds of others.
    resources = dict(body["Resources"])
    resources[path[0]] = copy.deepcopy(resources[path[0]])
    holder = resources[path[0]]
    for step in path[1:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return {**body, "Resources": resources}


def _problems(stack: str, body: Mapping[str, Any]) -> list[str]:
    return [problem.sentence for problem in check_templates([Template(name=stack, body=body)])]


def _at(resource: Mapping[str, Any], path: Path) -> Any:
    found: Any = resource
    for step in path:
        found = found[step]
    return found


def _short(was: str) -> str:
    """What was widened, for people; references are named by what they refer to."""
    return re.sub(r'<Fn::ImportValue "[^:]*:Exports\w+?(Ref|GetAtt)(\w+?)[0-9A-F]{8}\w*">', r"<\2>", was)
