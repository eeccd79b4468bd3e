"""`yard propose`."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from modelyard.operations.cli.options import AnyModel, operator_of
from modelyard.operations.operator import Operator
from modelyard.operations.project import ROOT
from modelyard.operations.retraining.branch import Repository
from modelyard.operations.retraining.compared import compare, newest_run
from modelyard.operations.retraining.description import comparison_table
from modelyard.operations.retraining.forge import Forge, forge_here
from modelyard.operations.retraining.opening import Opening
from modelyard.operations.retraining.proposing import Register, verdict_document, verdict_on

DryRun = Annotated[bool, typer.Option("--dry-run", help="Compare and show; open nothing and note nothing.")]
Base = Annotated[str, typer.Option("--base", metavar="BRANCH", help="The branch that the pull request is to change.")]


def propose(context: typer.Context, model: AnyModel = None, base: Base = "main", dry_run: DryRun = False) -> None:  # noqa: FBT002 - typer's flags are parameters
    """Open a pull request with the newest retrained model, if it is better.

    For a pipeline that runs every hour: a run is judged once, and nothing is proposed while a proposal is open.
    """
    operator = operator_of(context)
    models = operator.project.all_models() if model is None else (operator.project.model(model),)
    retrained = [one.name for one in models if one.training is not None and one.training.retrain is not None]
    if not retrained:
        operator.screen.note("No model has training.retrain; docs/retraining.md says what it does")
    forge = None if dry_run or not retrained else forge_here()
    documents = [_proposed(operator, name=name, base=base, forge=forge) for name in retrained]
    operator.screen.emit(documents, rendered=[])


def _proposed(operator: Operator, *, name: str, base: str, forge: Forge | None) -> dict[str, Any]:
    deployment = operator.deployment(name)
    model, bucket, note = deployment.model, operator.bucket(deployment), operator.screen.note
    register = Register(model=model, bucket=bucket)
    waiting = [] if forge is None else list(register.close_decided(forge))
    if waiting:
        note(f"{name}: nothing else is proposed until this is merged or closed: {', '.join(waiting)}")
        return {"model": name, "open": waiting}
    run = newest_run(model=model, bucket=bucket)
    if run is None:
        note(f"{name}: no run that a schedule or an alarm has started is over yet")
        return {"model": name, "run": None}
    before = register.verdict(run.name)
    if before is not None:
        note(f"{name}: run {run.name} was judged before ({before.outcome}): {before.why}")
        return {"model": name, **verdict_document(verdict=before, run=run, samples=[])}
    samples = compare(model=model, run=run, bucket=bucket)
    verdict = verdict_on(model=model, run=run, samples=samples)
    note(f"{name}: run {run.name}, started by {run.reason}, is {verdict.outcome}: {verdict.why}")
    if samples:
        operator.screen.show(comparison_table(samples).rendered)
    if forge is not None and verdict.is_proposed:
        opening = Opening(
            model=model,
            bucket=bucket,
            manifest=operator.project.file_of(model),
            repository=Repository(root=ROOT, environment=forge.git_environment),
            base=base,
            context={"stage": deployment.stage, "model": name},
        )
        verdict = replace(verdict, url=opening.open(forge=forge, run=run, verdict=verdict, samples=samples))
        note(f"{name}: proposed: {verdict.url}")
    if forge is not None:
        register.decide(verdict)
    return {"model": name, **verdict_document(verdict=verdict, run=run, samples=samples)}
