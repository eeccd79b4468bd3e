"""Names that are taken: what CloudFormation would make beside what is there, under the same name.

It makes a replacement first and deletes the old one after. "You can't perform an update that causes a custom-named
resource to be replaced" (CloudFormation user guide, "Name type").
"""

from collections.abc import Iterator

from modelyard.operations.planning.blockers.blocker import Blocker
from modelyard.operations.planning.comparison import Comparison
from modelyard.operations.planning.differences import Action, Change, name_of
from modelyard.template_checks.template import Template

# Their Create is a Register or Put: what has the same name is the same, and is overwritten.
OVERWRITTEN = frozenset({"AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"})
DESCRIPTION = "ModelPackageGroupDescription"


def replaced_under_its_name(comparison: Comparison) -> Iterator[Blocker]:
    """A resource that must be replaced and keeps its name."""
    for change in comparison.changes:
        if change.action is Action.REPLACE and change.keeps_its_name and change.type not in OVERWRITTEN:
            forcing = " and ".join(change.forcing)
            yield Blocker.of(
                change,
                kind="description is frozen" if change.forcing == (DESCRIPTION,) else "name is taken",
                certain=True,
                what=f"{change.label} would be replaced for its {forcing}, and its name is taken by "
                "the one that is there",
                first=f"leave {forcing} as it is, give it another name, or none, so that CloudFormation makes one for "
                "each version",
            )


def made_under_a_taken_name(comparison: Comparison) -> Iterator[Blocker]:
    """A resource that is new in its place and has the name of one that is there: it was moved, or kept by a removal."""
    for change in comparison.changes:
        if change.action is Action.ADD and change.name is not None and change.type not in OVERWRITTEN:
            for template in comparison.base.templates:
                if not _holds(template, change=change):
                    continue
                # Within a stack it fails always; what goes from another stack is gone when that is deployed first.
                now = comparison.head.template(template.name)
                stays = now is None or _holds(now, change=change)
                moved = template.name == change.stack
                where = "under another logical id" if moved else f"in {template.name}"
                elsewhere = f"deploy {template.name} without it first, or give the new one another name"
                yield Blocker.of(
                    change,
                    kind="name is taken",
                    certain=moved or stays,
                    what=f"{change.label} would be made while one of that name is there {where}",
                    first="keep its logical id" if moved else elsewhere,
                )


def made_of_another_type(comparison: Comparison) -> Iterator[Blocker]:
    """A logical id that stands for another type: "Update of resource type is not permitted"."""
    for change in comparison.changes:
        if change.action is Action.REFUSED and change.old is not None:
            yield Blocker.of(
                change,
                kind="type changes",
                certain=True,
                what=f"{change.logical_id} is a {change.old.type} and would become a {change.type}, which "
                "CloudFormation refuses",
                first="give the new resource a logical id of its own",
            )


def _holds(template: Template, *, change: Change) -> bool:
    """Whether a template has a resource of that type and name under another logical id, or in another stack."""
    return any(
        name_of(one) == change.name and (template.name, one.logical_id) != (change.stack, change.logical_id)
        for one in template.resources(change.type)
    )
