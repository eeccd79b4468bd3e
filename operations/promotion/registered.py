"""A model that is served by its package: the best of a run is promoted by what the run has registered of it."""

from modelyard.manifest import Model
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.candidate import Candidate, Comparison, baseline_of, compare_values
from modelyard.operations.promotion.deployable import deployable
from modelyard.operations.promotion.versions import APPROVED, package_metadata, versions
from modelyard.operations.training.leaderboard import Leaderboard


def best_package(*, aws: Aws, group: str, board: Leaderboard, trial: str | None) -> str:
    """Return the ARN of the approved package that a run has registered of its best trial.

    Raises:
        Failure: another trial is asked for, there is no such package, or nobody has approved it.
    """
    if trial is not None and trial != board.best.name:
        raise Failure(
            f"--trial must be left out, or {board.best.name}, for run {board.run}, which has registered a package of "
            f"its best alone; got {trial}"
        )
    for version in versions(aws=aws, group=group):
        if version.run != board.run:
            continue
        if version.approval != APPROVED:
            raise Failure(
                f"{version.arn} of run {board.run} must be {APPROVED} to be served, it is {version.approval}; "
                f"approve it first: aws sagemaker update-model-package --model-package-arn {version.arn} "
                f"--model-approval-status {APPROVED}"
            )
        return version.arn
    raise Failure(f"{group} has no version of run {board.run}; find what is there: aws sagemaker list-model-packages")


def compared_package(*, aws: Aws, board: Leaderboard, served: str | None) -> Comparison:
    """Compare the best trial with a package that is served, which None stands for when there is none."""
    before = {} if served is None else package_metadata(aws=aws, arn=served)
    comparable = before.get("objective") == board.metric and "value" in before
    value = float(before["value"]) if comparable else None
    return compare_values(board=board, trial=board.best, served=served, before=value)


def check_better_package(*, aws: Aws, board: Leaderboard, served: str | None) -> str:
    """Say how the best trial compares with a package that is served.

    Raises:
        Failure: it is worse by the objective.
    """
    found = compared_package(aws=aws, board=board, served=served)
    if found.is_worse:
        raise Failure(f"{found.sentence}; choose another --run, or insist with --force")
    return found.sentence


def deployable_baseline(*, model: Model, bucket: DataBucket, board: Leaderboard) -> str | None:
    """Return the baseline of a run with the manifest's limits; raises as `deployable` does."""
    baseline = baseline_of(model, bucket=bucket, board=board)
    found = Candidate(board=board, trial=board.best, artifact="", baseline=baseline)
    return deployable(found, model=model, bucket=bucket).baseline
