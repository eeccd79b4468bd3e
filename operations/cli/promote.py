"""`yard promote`."""

from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from modelyard.operations.bucket import DataBucket
from modelyard.operations.cli.options import Model, Run, operator_of
from modelyard.operations.cli.tracking import note_aliases, note_logged
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.operator import Operator
from modelyard.operations.project import Project
from modelyard.operations.promotion.candidate import candidate, check_better
from modelyard.operations.promotion.deployable import deployable
from modelyard.operations.promotion.package import approved_run, servable_package
from modelyard.operations.promotion.promote import (
    chosen_variants,
    copy_between,
    edits,
    package_edits,
    rewrite,
    served_by,
    served_package,
)
from modelyard.operations.promotion.registered import best_package, check_better_package, deployable_baseline
from modelyard.operations.screen.diff import render_diff
from modelyard.operations.training.leaderboard import Leaderboard, read_leaderboard

Trial = Annotated[str | None, typer.Option("--trial", metavar="NAME", help="A trial of the run; default: the best.")]
Variant = Annotated[str | None, typer.Option("--variant", metavar="NAME", help="The variant to serve it.")]
Weight = Annotated[float | None, typer.Option("--weight", min=0, max=100, help="The variant's share of the traffic.")]
Force = Annotated[bool, typer.Option("--force", help="Promote a model even if its objective is worse.")]
From = Annotated[str | None, typer.Option("--from", metavar="STAGE", help="The stage of the run.")]
To = Annotated[str | None, typer.Option("--to", metavar="STAGE", help="Copy artifact and baseline to this stage.")]

Approved = Annotated[bool, typer.Option("--approved", help="The run of the newest version that the registry approved.")]
PackageArn = Annotated[
    str | None, typer.Option("--package", metavar="ARN", help="A model package, in the place of a run's artifact.")
]


@dataclass(frozen=True, slots=True)
class Lines:
    """Which variant's lines are written, and its share of the traffic."""

    variant: str | None
    weight: float | None


def promote(
    context: typer.Context,
    model: Model,
    run: Run = None,
    trial: Trial = None,
    variant: Variant = None,
    weight: Weight = None,
    force: Force = False,  # noqa: FBT002 - typer's flags are parameters
    source: From = None,
    target: To = None,
    approved: Approved = False,  # noqa: FBT002
    package: PackageArn = None,
) -> None:
    """Write a trial's model and baseline into the manifest.

    It goes live with the pull request that has these lines. A model that is worse than the current one is refused.
    """
    operator = _in_stage(operator_of(context), stage=source)
    named = {"--run": run, "--trial": trial, "--to": target, "--approved": approved or None}
    if package is not None:
        beside = [flag for flag, value in named.items() if value is not None]
        if beside:
            raise Failure(f"--package must be given without {', '.join(beside)}, which name a run's model; give one")
        _promote_package(operator, model=model, arn=package, variant=variant, weight=weight)
        return
    deployment = operator.deployment(model)
    if approved:
        run, trial = _approved(operator, deployment, run=run, trial=trial)
    if deployment.model.is_packaged:
        _require_no_target(target)
        board = read_leaderboard(model=deployment.model, bucket=operator.bucket(deployment), run=run)
        _promote_best_package(operator, deployment, board=board, trial=trial, lines=Lines(variant, weight), force=force)
        return
    found = candidate(model=deployment.model, bucket=operator.bucket(deployment), run=run, trial=trial)
    chosen = chosen_variants(model=deployment.model, name=variant)
    if not force:
        served = served_by(model=deployment.model, variants=chosen)
        operator.screen.note(
            check_better(candidate=found, served=served, model=deployment.model, bucket=operator.bucket(deployment))
        )
    promoted = deployable(found, model=deployment.model, bucket=operator.bucket(deployment))
    if target is not None:
        name = _in_stage(operator, stage=target).deployment(model).bucket
        other = DataBucket(aws=operator.aws, name=name)
        for key in copy_between(candidate=found, source=operator.bucket(deployment), target=other):
            operator.screen.note(f"copied to {other.uri(key)}")

    file = operator.project.file_of(deployment.model)
    shown = rewrite(
        file=file, changes=edits(model=deployment.model, candidate=promoted, variants=chosen, weight=weight)
    )
    document = {
        "run": found.board.run,
        "trial": found.trial.name,
        "model": found.artifact,
        "transformer": found.transformer,
        "baseline": promoted.baseline,
        "diff": shown,
    }
    operator.screen.emit(document, rendered=[render_diff(shown)] if shown else [])
    if not shown:
        operator.screen.note(f"{file} has these lines already")
    note_logged(operator, deployment=deployment, boards=[found.board])
    serving = operator if target is None else _in_stage(operator, stage=target)
    note_aliases(serving, deployment=serving.deployment(model))
    _say_next(operator, stage=target if target is not None else deployment.stage)


def _approved(operator: Operator, deployment: Deployment, *, run: str | None, trial: str | None) -> tuple[str, str]:
    if run is not None or trial is not None:
        raise Failure("--approved must be given without --run and --trial, which the registry's version names")
    run, trial = approved_run(aws=operator.aws, group=deployment.package_group)
    operator.screen.note(f"The newest approved version is of run {run}, trial {trial}")
    return run, trial


def _require_no_target(target: str | None) -> None:
    if target is not None:
        raise Failure(
            "--to must be left out for a model that is served by its package, which stays in its stage's registry; "
            "name it by its ARN: --package"
        )


def _promote_best_package(
    operator: Operator, deployment: Deployment, *, board: Leaderboard, trial: str | None, lines: Lines, force: bool
) -> None:
    model = deployment.model
    arn = best_package(aws=operator.aws, group=deployment.package_group, board=board, trial=trial)
    found = servable_package(aws=operator.aws, arn=arn)
    chosen = chosen_variants(model=model, name=lines.variant)
    if not force:
        served = served_package(model=model, variants=chosen)
        operator.screen.note(check_better_package(aws=operator.aws, board=board, served=served))
    baseline = deployable_baseline(model=model, bucket=operator.bucket(deployment), board=board)
    changes = package_edits(model=model, package=found, variants=chosen, weight=lines.weight, baseline=baseline)
    file = operator.project.file_of(model)
    shown = rewrite(file=file, changes=changes)
    document = {"run": board.run, "trial": board.best.name, **asdict(found), "baseline": baseline, "diff": shown}
    operator.screen.emit(document, rendered=[render_diff(shown)] if shown else [])
    if not shown:
        operator.screen.note(f"{file} has these lines already")
    _say_next(operator, stage=deployment.stage)


def _promote_package(operator: Operator, *, model: str, arn: str, variant: str | None, weight: float | None) -> None:
    declared = operator.project.model(model)
    found = servable_package(aws=operator.aws, arn=arn)
    chosen = chosen_variants(model=declared, name=variant)
    file = operator.project.file_of(declared)
    shown = rewrite(file=file, changes=package_edits(model=declared, package=found, variants=chosen, weight=weight))
    operator.screen.emit({**asdict(found), "diff": shown}, rendered=[render_diff(shown)] if shown else [])
    if not shown:
        operator.screen.note(f"{file} has these lines already")
    if declared.monitoring is not None:
        operator.screen.note(
            "No baseline comes with a package: the traffic is held against the one that the manifest names"
        )
    _say_next(operator, stage=operator.project.stage_name)


def _say_next(operator: Operator, *, stage: str) -> None:
    flag = "" if stage == "dev" else f" -c stage={stage}"
    operator.screen.next_step(f"cdk diff{flag}, then cdk deploy --all{flag}")


def _in_stage(operator: Operator, *, stage: str | None) -> Operator:
    if stage is None:
        return operator
    project = Project(stage_name=stage, models=operator.project.models)
    return Operator(project=project, aws=operator.aws, screen=operator.screen)
