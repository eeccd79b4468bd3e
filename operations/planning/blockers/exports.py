"""Exports that other stacks import.

"You can't delete a stack if another stack references one of its outputs", nor "modify or remove an output value that
is referenced by another stack" (CloudFormation user guide, "Get exported outputs from a deployed stack").
"""

from collections.abc import Iterator

from modelyard.operations.planning.blockers.blocker import Blocker
from modelyard.operations.planning.comparison import Comparison, StackPlan
from modelyard.operations.planning.differences import Action
from modelyard.operations.planning.revision import exports_of
from modelyard.operations.planning.values import references, settled


def export_in_use_changes(comparison: Comparison) -> Iterator[Blocker]:
    """An export that is removed, or gets another value, while a stack that is deployed imports it."""
    for stack in comparison.stacks:
        for export, how in _changed(stack):
            importers = comparison.base.importers_of(export) - {stack.name}
            if importers:
                yield Blocker(
                    stack=stack.name,
                    resource=export,
                    kind="export in use",
                    certain=True,
                    what=f"the export {export} is {how} while {', '.join(sorted(importers))} "
                    f"{'import it' if len(importers) > 1 else 'imports it'}",
                    first="deploy these without the import first (cdk deploy --exclusively), or keep the export with "
                    "Stack.export_value for one deploy",
                )


def _changed(stack: StackPlan) -> Iterator[tuple[str, str]]:
    if stack.old is None or stack.new is None:
        return
    replaced = {one.logical_id for one in stack.changes if one.action is Action.REPLACE}
    after = exports_of(stack.new)
    for export, value in exports_of(stack.old).items():
        if export not in after:
            yield export, "removed"
        elif settled(value, template=stack.old) != settled(after[export], template=stack.new):
            yield export, "changed"
        elif not references(value).isdisjoint(replaced):
            yield export, "changed, as what it names is replaced,"
