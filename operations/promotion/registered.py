"""A model that is served by its package: the best of a run is promoted by what the run has registered of it."""

from typing import Any

from modelyard.manifest import Model
from modelyard.operations.aws import Aws
from modelyard.operations.bucket import DataBucket
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.candidate import Candidate, Comparison, baseline_of
from modelyard.operations.promotion.deployable import deployable
from modelyard.operations.promotion.versions import APPROVED
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
    sagemaker = aws.client("sagemaker")
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    for listed in pages.build_full_result()["ModelPackageSummaryList"]:
        arn = str(listed["ModelPackageArn"])
        if _metadata(sagemaker, arn).get("run") != board.run:
            continue
        if listed.get("ModelApprovalStatus") != APPROVED:
            raise Failure(
                f"{arn} of run {board.run} must be {APPROVED} to be served, it is {listed.get('ModelApprovalStatus')}; "
                f"approve it first: aws sagemaker update-model-package --model-package-arn {arn} "
                f"--model-approval-status {APPROVED}"
            )
        return arn
    raise Failure(f"{group} has no version of run {board.run}; find what is there: aws sagemaker list-model-packages")


def compared_package(*, aws: Aws, board: Leaderboard, served: str | None) -> Comparison:
    """Compare the best trial with a package that is served, which None stands for when there is none."""
    value = board.value(board.best)
    said = f"{board.best.name}: {board.metric} {value}"
    if served is None:
        return Comparison(f"{said}; nothing was promoted before it")
    before = _metadata(aws.client("sagemaker"), served)
    if value is None or before.get("objective") != board.metric or "value" not in before:
        return Comparison(f"{said}; of {served} no value is known to compare it with")
    if board.is_worse(value=value, than=float(before["value"])):
        return Comparison(
            f"{board.best.name} of run {board.run} has {board.metric} {value}, worse than {before['value']} of what is "
            "promoted now",
            is_worse=True,
        )
    return Comparison(f"{said}, {before['value']} before")


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


def _metadata(sagemaker: Any, arn: str) -> dict[str, str]:
    found: dict[str, str] = sagemaker.describe_model_package(ModelPackageName=arn).get("CustomerMetadataProperties", {})
    return found
