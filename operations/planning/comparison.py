"""Two revisions beside each other, stack by stack."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from modelyard.operations.planning.differences import Change, differences
from modelyard.operations.planning.revision import Revision
from modelyard.template_checks.template import Template

Standing = Literal["new", "changed", "unchanged", "no longer in the app"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StackPlan:
    """A stack before and after, and what changes in it."""

    name: str
    old: Template | None
    new: Template | None
    changes: tuple[Change, ...]

    @property
    def standing(self) -> Standing:
        """How the stack as a whole comes out; outputs alone are a change too."""
        if self.new is None:
            return "no longer in the app"
        if self.old is None:
            return "new"
        same = not self.changes and self.old.section("Outputs") == self.new.section("Outputs")
        return "unchanged" if same else "changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Every stack of either revision."""

    base: Revision
    head: Revision
    stacks: tuple[StackPlan, ...]

    @property
    def changes(self) -> Iterator[Change]:
        """The changes of all stacks."""
        for stack in self.stacks:
            yield from stack.changes


def compare(*, base: Revision, head: Revision) -> Comparison:
    """Compare two revisions; a stack that the new one has no more stays as it is, for a deploy deletes none."""
    stacks = []
    for new in head.templates:
        old = base.template(new.name)
        stacks.append(StackPlan(name=new.name, old=old, new=new, changes=tuple(differences(old=old, new=new))))
    gone = [one for one in base.templates if head.template(one.name) is None]
    stacks += [StackPlan(name=one.name, old=one, new=None, changes=()) for one in gone]
    return Comparison(base=base, head=head, stacks=tuple(stacks))
