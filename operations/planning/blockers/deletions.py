"""What cannot be deleted while something is in it: a deploy, which deletes last, goes through and leaves it."""

from collections.abc import Iterator

from modelyard.operations.planning.blockers.blocker import Blocker
from modelyard.operations.planning.comparison import Comparison
from modelyard.operations.planning.differences import KEPT, Action, Change

# By the type, what it must be empty of (SageMaker API reference, DeleteModelPackageGroup and DeleteExperiment; S3 user
# guide, "Deleting a bucket").
HOLDERS = {
    "AWS::SageMaker::ModelPackageGroup": "registered models",
    "AWS::SageMaker::Experiment": "trials",
    "AWS::S3::Bucket": "objects",
}


def deleted_with_contents(comparison: Comparison) -> Iterator[Blocker]:
    """A holder that goes, or is replaced, without being retained."""
    for change in comparison.changes:
        if change.type in HOLDERS and _goes(change):
            yield Blocker.of(
                change,
                kind="not empty",
                certain=False,
                what=f"{change.label} is {change.action}, and would stay, outside of the stack, if it holds "
                f"{HOLDERS[change.type]}",
                first="retain it (DeletionPolicy and UpdateReplacePolicy), or empty it before the deploy",
            )


def _goes(change: Change) -> bool:
    if change.action is Action.REPLACE and change.new is not None:
        return change.new.body.get("UpdateReplacePolicy") not in KEPT and not change.keeps_its_name
    return change.action is Action.REMOVE
