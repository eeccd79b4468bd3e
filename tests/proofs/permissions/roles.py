"""What every deployed role may do, as IAM has it: references resolved, all its statements by themselves."""

import fnmatch
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from proofs.permissions.world import World

Statement = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """A role: where it is declared, what it is called, its inline policies and who may take it."""

    stack: str
    logical_id: str
    name: str
    policies: Mapping[str, Mapping[str, Any]]
    trust: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What people call it: its stack and its id without the hash."""
        return f"{self.stack}/{self.logical_id[:-8]}"


def deployed_roles(world: World) -> Iterator[Role]:
    """Every role of every template, whoever wrote the template; policies that stand beside a role are its own too."""
    iam = world.client("iam")
    for stack, logical_id, name in world.resources("AWS::IAM::Role"):
        names = iam.list_role_policies(RoleName=name)["PolicyNames"]
        policies = {one: iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"] for one in names}
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        yield Role(
            stack=stack,
            logical_id=logical_id,
            name=name,
            policies={one: _document(found) for one, found in policies.items()},
            trust=_document(trust),
        )


def listed(value: Any) -> list[Any]:
    """A list, where IAM takes one value for a list of one."""
    return list(value) if isinstance(value, list) else [value]


def concerns(statement: Mapping[str, Any], *, action: str, resource: str) -> bool:
    """Whether a statement speaks of an action on a resource, its condition aside."""
    actions = any(fnmatch.fnmatchcase(action.lower(), one.lower()) for one in listed(statement.get("Action", [])))
    resources = listed(statement.get("Resource", []))
    return actions and any(fnmatch.fnmatchcase(resource, one.replace("[", "[[]")) for one in resources)


def _document(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(value) if isinstance(value, str) else dict(value)
    return found
