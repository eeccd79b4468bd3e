"""What cannot be deleted while something is in it: a deploy, which deletes last, goes through and leaves it."""

from collections.abc import Iterator

from modelyard.operations.planning.blockers.blocker import Blocker
from modelyard.operations.planning.comparison import Comparison
from modelyard.operations.planning.differences import KEPT, Action, Change
from modelyard.template_checks.template import Resource, as_text, table, tables

BUCKET, MLFLOW_APP = "AWS::S3::Bucket", "AWS::SageMaker::MlflowApp"
# By the type, what it must be empty of (SageMaker API reference, DeleteModelPackageGroup and DeleteExperiment; S3 user
# guide, "Deleting a bucket").
HOLDERS = {
    "AWS::SageMaker::ModelPackageGroup": "registered models",
    "AWS::SageMaker::Experiment": "trials",
    BUCKET: "objects",
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


def expiry_ends(comparison: Comparison) -> Iterator[Blocker]:
    """What a lifecycle rule let expire is kept for ever once the rule is gone: S3 has no rule for what no model names.

    The deploy goes through; who reads the plan knows whether anything lies there.
    """
    for change in comparison.changes:
        if change.type != BUCKET or change.old is None or change.new is None:
            continue
        ending = sorted(_expiring(change.old) - _expiring(change.new))
        if ending:
            names = ", ".join(dict.fromkeys(prefix.partition("/")[0] for prefix in ending))
            yield Blocker.of(
                change,
                kind="expiry ends",
                certain=False,
                what=f"{change.label} keeps for ever what lies below {', '.join(ending)}",
                first=f"write retired_models with {names} for this stage in stages.toml, or delete what lies there",
            )


def runs_are_forgotten(comparison: Comparison) -> Iterator[Blocker]:
    """An MLflow App that goes, or is replaced by an empty one, takes its runs with it; the deploy goes through."""
    for change in comparison.changes:
        if change.type == MLFLOW_APP and change.action in (Action.REMOVE, Action.REPLACE):
            yield Blocker.of(
                change,
                kind="runs are forgotten",
                certain=False,
                what=f"{change.label} is {change.action}, with all that was logged to it",
                first="yard leaderboard MODEL --open logs trials again to another app; what scripts alone have logged "
                "is lost: export it before",
            )


def _expiring(bucket: Resource) -> set[str]:
    rules = tables(table(bucket.properties.get("LifecycleConfiguration")).get("Rules"))
    return {as_text(one["Prefix"]) for one in rules if "Prefix" in one and "ExpirationInDays" in one}


def _goes(change: Change) -> bool:
    if change.action is Action.REPLACE and change.new is not None:
        return change.new.body.get("UpdateReplacePolicy") not in KEPT and not change.keeps_its_name
    return change.action is Action.REMOVE
