"""The changes that take something away from a role: an action, a resource, a condition's value, its trust."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from proofs.permissions.roles import Role, concerns, listed

# What replaces a value so that nothing meant before is meant any more.
OTHER = "another-than-before"
TRUST = "sts:AssumeRole"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One narrowing: of which role, what it names, and the document that is put in the old one's place.

    `policy` is empty where the trust policy changes. `before` is the statement as it was, `after` as it is or None
    where nothing of it is left.
    """

    role: Role
    kind: str
    action: str
    resource: str
    policy: str
    document: Mapping[str, Any]
    before: Mapping[str, Any]
    after: Mapping[str, Any] | None

    @property
    def label(self) -> str:
        """The change for people."""
        return f"{self.role.label} {self.kind} {self.action} {self.resource}".strip()

    def takes(self, *, action: str, resource: str) -> bool:
        """Whether what IAM was asked for was allowed by what is gone; a condition that changed may be meant."""
        if not self.policy:
            return True
        left = self.after is not None and self.kind != "condition"
        kept = left and concerns(self.after or {}, action=action, resource=resource)
        return concerns(self.before, action=action, resource=resource) and not kept


def narrowings(role: Role) -> Iterator[Change]:
    """Everything that can be taken away from a role, one thing at a time."""
    for policy, document in role.policies.items():
        for place, statement in enumerate(document["Statement"]):
            if statement["Effect"] == "Allow":
                yield from _of_statement(role=role, policy=policy, place=place, statement=statement)
    for place, statement in enumerate(listed(role.trust["Statement"])):
        yield from _of_trust(role=role, place=place, statement=statement)


def _of_statement(*, role: Role, policy: str, place: int, statement: dict[str, Any]) -> Iterator[Change]:
    actions, resources = listed(statement["Action"]), listed(statement["Resource"])
    for action in actions:
        left = [one for one in actions if one != action]
        after = {**statement, "Action": left} if left else None
        yield _change(role, "remove", action, _shown(resources), policy, place, after)
    # Of a statement with one resource nothing is left: that is what the removals of its actions try.
    for resource in resources if len(resources) > 1 else ():
        moved = [f"{one}-{OTHER}" if one == resource else one for one in resources]
        yield _change(role, "narrow", _shown(actions), resource, policy, place, {**statement, "Resource": moved})
    for key, values in _conditions(statement):
        for value in values:
            after = _with_condition(statement, key=key, value=value)
            yield _change(role, "condition", _shown(actions), f"{key[1]} {value}", policy, place, after)


def _of_trust(*, role: Role, place: int, statement: dict[str, Any]) -> Iterator[Change]:
    principal = {"Service": f"{OTHER}.amazonaws.com"}
    yield _change(role, "trust", TRUST, str(statement["Principal"]), "", place, {**statement, "Principal": principal})
    for key, values in _conditions(statement):
        for value in values:
            after = _with_condition(statement, key=key, value=value)
            yield _change(role, "condition", TRUST, f"{key[1]} {value}", "", place, after)


def _change(
    role: Role, kind: str, action: str, resource: str, policy: str, place: int, after: Mapping[str, Any] | None
) -> Change:
    document = copy.deepcopy(dict(role.policies[policy] if policy else role.trust))
    before = document["Statement"][place]
    document["Statement"][place : place + 1] = [] if after is None else [after]
    return Change(
        role=role,
        kind=kind,
        action=action,
        resource=resource,
        policy=policy,
        document=document,
        before=before,
        after=after,
    )


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], list[Any]]]:
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield (operator, key), listed(values)


def _with_condition(statement: Mapping[str, Any], *, key: tuple[str, str], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(dict(statement))
    operator, name = key
    values = listed(changed["Condition"][operator][name])
    other = {"true": "false", "false": "true"}.get(value, f"{OTHER}/{value}")
    changed["Condition"][operator][name] = [other if one == value else one for one in values]
    return changed


def _shown(values: list[str]) -> str:
    return ", ".join(values)
