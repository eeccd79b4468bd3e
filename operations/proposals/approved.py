"""A version that somebody has approved in the registry, as a proposal: with the lines of the run that made it."""

from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

from modelyard.drift.escaping import for_markdown
from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.candidate import candidate, compared
from modelyard.operations.promotion.deployable import deployable
from modelyard.operations.promotion.package import servable_package
from modelyard.operations.promotion.promote import chosen_variants, edits, package_edits, served_by, served_package
from modelyard.operations.promotion.registered import compared_package, deployable_baseline
from modelyard.operations.promotion.versions import APPROVED, Version, has_group, versions
from modelyard.operations.proposals.opening import Change
from modelyard.operations.training.leaderboard import Leaderboard, read_leaderboard

Outcome = Literal["none", "by hand", "outdated", "promoted", "not better", "to promote"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """What is to become of the newest approved version, and why; `board` is of its run where it is to be proposed."""

    outcome: Outcome
    why: str
    version: Version | None = None
    board: Leaderboard | None = None


def approval(*, deployment: Deployment, bucket: DataBucket) -> Approval:
    """Return what is to become of the newest version that somebody has approved.

    Nothing is proposed that is older than what is promoted, or worse by the objective: that is for a person to insist.

    Raises:
        Failure: the artifact or the baseline of the version's run is not there.
    """
    model = deployment.model
    if not _has_registry(deployment):
        return Approval(outcome="none", why="no training is deployed" if model.training else "nothing is imported yet")
    group = deployment.package_group
    version = next(versions(aws=deployment.aws, group=group, approval=APPROVED), None)
    if version is None:
        return Approval(outcome="none", why=f"no version of {group} is {APPROVED}")
    if version.run is None or version.trial is None:
        why = f"{version.arn} names no run that made it: yard promote {model.name} --package {version.arn}"
        return Approval(outcome="by hand", why=why, version=version)
    try:
        variants = chosen_variants(model=model, name=None)
    except Failure as undecided:
        why = f"yard promote {model.name} --approved is for a person: {undecided}"
        return Approval(outcome="by hand", why=why, version=version)
    artifact, package = served_by(model=model, variants=variants), served_package(model=model, variants=variants)
    served = artifact if artifact is not None else package
    newer = takewhile(lambda one: one.number > version.number, versions(aws=deployment.aws, group=group))
    if served is not None and any(_made(one, served=served, model=model) for one in newer):
        return Approval(outcome="outdated", why=f"what is promoted is newer than {version.arn}", version=version)
    if model.is_packaged:
        board, made = read_leaderboard(model=model, bucket=bucket, run=version.run), version.arn
        comparison = compared_package(aws=deployment.aws, board=board, served=served)
    else:
        found = candidate(model=model, bucket=bucket, run=version.run, trial=version.trial)
        board, made = found.board, found.artifact
        comparison = compared(candidate=found, served=served, model=model, bucket=bucket)
    if served in (made, version.arn):
        return Approval(outcome="promoted", why=f"{version.arn} is promoted", version=version)
    outcome: Outcome = "not better" if comparison.is_worse else "to promote"
    return Approval(outcome=outcome, why=comparison.sentence, version=version, board=board)


def approved_branch(*, model: Model, version: Version) -> str:
    """Return the branch of a version's proposal: the same whenever it is asked for."""
    return f"approve/{model.name}/{version.number}"


def approved_change(
    *, deployment: Deployment, bucket: DataBucket, version: Version, board: Leaderboard, why: str
) -> Change:
    """Return the lines by which an approved version is promoted.

    Raises:
        Failure: it cannot be served, or its baseline cannot be used.
    """
    model = deployment.model
    variants = chosen_variants(model=model, name=None)
    if model.is_packaged:
        lines = package_edits(
            model=model,
            package=servable_package(aws=deployment.aws, arn=version.arn),
            variants=variants,
            weight=None,
            baseline=deployable_baseline(model=model, bucket=bucket, board=board),
        )
    else:
        found = candidate(model=model, bucket=bucket, run=version.run, trial=version.trial)
        promoted = deployable(found, model=model, bucket=bucket)
        lines = edits(model=model, candidate=promoted, variants=variants, weight=None)
    return Change(
        branch=approved_branch(model=model, version=version),
        title=f"models: promote version {version.number} of {model.name}",
        why=f"{version.arn} is {APPROVED}; {why}",
        description=(f"Somebody has approved version {version.number} in the registry. {for_markdown(why)}.",),
        board=board,
        edits=tuple(lines),
    )


def _made(version: Version, *, served: str, model: Model) -> bool:
    """Whether what is promoted is this version's, by its package or by an artifact of its run."""
    if served == version.arn:
        return True
    return version.run is not None and served.startswith(f"{model.layout.training(run=version.run)}/")


def _has_registry(deployment: Deployment) -> bool:
    """Whether there may be versions: a training stack has their group, and an import makes it where none is trained."""
    if deployment.model.training is not None:
        return deployment.find("training") is not None
    return has_group(aws=deployment.aws, group=deployment.package_group)
