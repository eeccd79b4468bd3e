"""What differs between two templates, and what CloudFormation makes of it: added, replaced, updated in place, removed.

Source: "Update behaviors of stack resources" in the CloudFormation user guide.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from modelyard.operations.planning.schemas import Schema, schema_of
from modelyard.operations.planning.values import LEFT_OUT, at, literal, references, settled
from modelyard.template_checks.template import Resource, Template

# The CDK's note of which constructs an app uses: it changes with every version and is nothing that runs.
UNHEEDED = frozenset({"AWS::CDK::Metadata"})
KEPT = frozenset({"Retain", "RetainExceptOnCreate"})


class Action(StrEnum):
    """What happens to a resource."""

    ADD = "added"
    REPLACE = "replaced"
    UPDATE = "updated in place"
    REMOVE = "deleted"
    ABANDON = "left behind"
    UNKNOWN = "updated or replaced"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What happens to one resource.

    `properties` are the top properties that differ, `forcing` those of them for which it is replaced, `following` the
    replaced resources whose new identity is the difference.
    """

    stack: str
    logical_id: str
    type: str
    action: Action
    old: Resource | None
    new: Resource | None
    properties: tuple[str, ...] = ()
    forcing: tuple[str, ...] = ()
    following: tuple[str, ...] = ()

    @property
    def name(self) -> str | None:
        """The name that the template gives it, the new one where there are two; None when CloudFormation names it."""
        resource = self.new if self.new is not None else self.old
        return name_of(resource) if resource is not None else None

    @property
    def label(self) -> str:
        """How people know it: by its kind and its name, else by its logical id."""
        kind = self.type.rpartition("::")[2]
        return f"{kind} {self.name if self.name is not None else self.logical_id}"

    @property
    def keeps_its_name(self) -> bool:
        """Whether it has the same name of its own before and after."""
        if self.old is None or self.new is None:
            return False
        return name_of(self.old) is not None and name_of(self.old) == name_of(self.new)


def name_of(resource: Resource) -> str | None:
    """Return the literal name that a template gives a resource."""
    schema = schema_of(resource.type)
    return literal(resource.properties.get(schema.named_by)) if schema and schema.named_by else None


def differences(*, old: Template | None, new: Template) -> list[Change]:
    """Return all changes of a stack, in the new template's order, and then what is gone."""
    if old is not None and old.body == new.body:  # of a fleet, nearly all stacks: resource by resource would take long
        return []
    before = old if old is not None else Template(name=new.name, body={})
    common = [one for one in new.resources() if before.resource(one.logical_id) is not None]
    replaced = _replaced(common, old=before, new=new)
    found = [_change(one, old=before, new=new, replaced=replaced) for one in new.resources()]
    gone = [_gone(one, stack=new.name) for one in before.resources() if new.resource(one.logical_id) is None]
    return [one for one in (*found, *gone) if one is not None and one.type not in UNHEEDED]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pair:
    """A resource before and after, each with its template, and which resources of the stack are replaced."""

    before: Resource
    after: Resource
    old: Template
    new: Template
    replaced: frozenset[str]

    def differing(self) -> tuple[str, ...]:
        """Return the top properties that are another, or mean another resource."""
        keys = sorted(self.before.properties.keys() | self.after.properties.keys())
        return tuple(key for key in keys if self._moved((key,)))

    def forcing(self, *, schema: Schema) -> tuple[str, ...]:
        """Return those of them that cannot be changed in place."""
        return tuple(sorted({path[0] for path in schema.create_only if self._moved(path)}))

    def followed(self, *, properties: tuple[str, ...]) -> tuple[str, ...]:
        """Return the replaced resources that some properties refer to."""
        return tuple(sorted(references([self.after.properties.get(one) for one in properties]) & self.replaced))

    def _moved(self, path: tuple[str, ...]) -> bool:
        was, is_now = at(self.before.properties, path), at(self.after.properties, path)
        if not references(is_now).isdisjoint(self.replaced):
            return True
        return bool(_settled(was, template=self.old) != _settled(is_now, template=self.new))


def _replaced(common: list[Resource], *, old: Template, new: Template) -> frozenset[str]:
    """Until nothing is added: what refers to a replaced resource changes, and may be replaced for that."""
    replaced: frozenset[str] = frozenset()
    while True:
        changes = [_change(one, old=old, new=new, replaced=replaced) for one in common]
        found = frozenset(one.logical_id for one in changes if one is not None and one.action is Action.REPLACE)
        if found <= replaced:
            return replaced
        replaced |= found


def _change(resource: Resource, *, old: Template, new: Template, replaced: frozenset[str]) -> Change | None:
    before = old.resource(resource.logical_id)
    if before is None:
        return _plain(Action.ADD, stack=new.name, old=None, new=resource)
    if before.type != resource.type:
        return _plain(Action.REFUSED, stack=new.name, old=before, new=resource)
    return _changed(_Pair(before=before, after=resource, old=old, new=new, replaced=replaced))


def _changed(pair: _Pair) -> Change | None:
    properties = pair.differing()
    if not properties:
        return None
    schema = schema_of(pair.after.type, region=pair.new.region)
    forcing = pair.forcing(schema=schema) if schema is not None else ()
    return Change(
        stack=pair.new.name,
        logical_id=pair.after.logical_id,
        type=pair.after.type,
        action=_action(schema, forcing=forcing),
        old=pair.before,
        new=pair.after,
        properties=properties,
        forcing=forcing,
        following=pair.followed(properties=properties),
    )


def _action(schema: Schema | None, *, forcing: tuple[str, ...]) -> Action:
    if schema is None:
        return Action.UNKNOWN
    return Action.REPLACE if forcing else Action.UPDATE


def _plain(action: Action, *, stack: str, old: Resource | None, new: Resource | None) -> Change:
    (resource, *_) = [one for one in (new, old) if one is not None]
    return Change(stack=stack, logical_id=resource.logical_id, type=resource.type, action=action, old=old, new=new)


def _gone(resource: Resource, *, stack: str) -> Change:
    kept = resource.body.get("DeletionPolicy") in KEPT
    return _plain(Action.ABANDON if kept else Action.REMOVE, stack=stack, old=resource, new=None)


def _settled(value: Any, *, template: Template) -> Any:
    return value if value is LEFT_OUT else settled(value, template=template)
