"""What differs between two templates, and what CloudFormation makes of it: added, replaced, updated in place, removed.

Source: "Update behaviors of stack resources" in the CloudFormation user guide.
"""

from dataclasses import dataclass
from enum import StrEnum

from modelyard.operations.planning.schemas import schema_of
from modelyard.operations.planning.values import at, literal, references, settled
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
    changes = [_change(one, old=before, new=new, replaced=replaced) for one in new.resources()]
    for gone in before.resources():
        if new.resource(gone.logical_id) is None:
            action = Action.ABANDON if gone.body.get("DeletionPolicy") in KEPT else Action.REMOVE
            changes.append(_whole(action, stack=new.name, old=gone, new=None))
    return [one for one in changes if one is not None and one.type not in UNHEEDED]


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
        return _whole(Action.ADD, stack=new.name, old=None, new=resource)
    if before.type != resource.type:
        return _whole(Action.REFUSED, stack=new.name, old=before, new=resource)

    def differs(path: tuple[str, ...]) -> bool:
        """Return whether a value is another, or means another resource."""
        was, is_now = at(before.properties, path), at(resource.properties, path)
        if not references(is_now).isdisjoint(replaced):
            return True
        return bool(settled(was, template=old) != settled(is_now, template=new))

    keys = sorted(before.properties.keys() | resource.properties.keys())
    properties = tuple(key for key in keys if differs((key,)))
    if not properties:
        return None
    schema = schema_of(resource.type, region=new.region)
    create_only = schema.create_only if schema is not None else frozenset()
    forcing = tuple(sorted({path[0] for path in create_only if differs(path)}))
    in_place = Action.UNKNOWN if schema is None else Action.UPDATE
    return Change(
        stack=new.name,
        logical_id=resource.logical_id,
        type=resource.type,
        action=Action.REPLACE if forcing else in_place,
        old=before,
        new=resource,
        properties=properties,
        forcing=forcing,
        following=tuple(sorted(references([resource.properties.get(one) for one in properties]) & replaced)),
    )


def _whole(action: Action, *, stack: str, old: Resource | None, new: Resource | None) -> Change:
    """Return the change of a resource that comes, goes or becomes another type: no property of it is compared."""
    (resource, *_) = [one for one in (new, old) if one is not None]
    return Change(stack=stack, logical_id=resource.logical_id, type=resource.type, action=action, old=old, new=new)
