"""What a monitor's change runs into."""

from collections.abc import Iterator

from modelyard.operations.planning.blockers.blocker import Blocker
from modelyard.operations.planning.comparison import Comparison
from modelyard.operations.planning.differences import Action
from modelyard.operations.planning.schemas import schema_of

SCHEDULE = "AWS::SageMaker::MonitoringSchedule"
GOING = frozenset({Action.REPLACE, Action.REMOVE})
PAUSE = "yard pause MODEL before the deploy, and yard resume MODEL after it"


def schedule_changes_while_it_runs(comparison: Comparison) -> Iterator[Blocker]:
    """A schedule cannot be changed while an execution has not ended, and CloudFormation does not wait for that.

    A replaced definition changes the schedule that names it. Certain only where the account was asked, and one runs.
    """
    for change in comparison.changes:
        if change.type == SCHEDULE and change.action is Action.UPDATE:
            certain = change.name in comparison.base.running
            now = ", as one does now" if certain else ""
            cause = f" with {', '.join(change.following)}" if change.following else ""
            yield Blocker.of(
                change,
                kind="running check",
                certain=certain,
                what=f"{change.label} is changed{cause}, which fails while one of its checks runs{now}",
                first=PAUSE,
            )


def schedule_goes_while_it_runs(comparison: Comparison) -> Iterator[Blocker]:
    """A schedule cannot be deleted either; a deploy goes through all the same, for it deletes last."""
    for change in comparison.changes:
        if change.type == SCHEDULE and change.action in GOING:
            yield Blocker.of(
                change,
                kind="running check",
                certain=False,
                what=f"{change.label} is {change.action}, and stays, without a stack, if one of its checks runs then",
                first=PAUSE,
            )


def tag_replaces(comparison: Comparison) -> Iterator[Blocker]:
    """A tag on a type whose tags cannot be changed: the resource is replaced for it."""
    for change in comparison.changes:
        schema = schema_of(change.type)
        if schema is not None and change.action is Action.REPLACE and schema.tag_property in change.forcing:
            yield Blocker.of(
                change,
                kind="tag replaces",
                certain=False,
                what=f"{change.label} is replaced for its tags, which {change.type} cannot change in place",
                first=f"leave {change.type} out of tags that change, by exclude_resource_types of Tags.of(...).add",
            )
