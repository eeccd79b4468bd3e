"""`yard propose`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from modelyard.manifest import Model
from modelyard.operations.cli.options import AnyModel, operator_of
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.operator import Operator
from modelyard.operations.project import ROOT
from modelyard.operations.promotion.versions import Version
from modelyard.operations.proposals.approved import approval, approved_branch, approved_change
from modelyard.operations.proposals.branch import Repository
from modelyard.operations.proposals.forge import Forge, Proposal, forge_here
from modelyard.operations.proposals.opening import Opening
from modelyard.operations.retraining.change import comparison_table, retrained_change
from modelyard.operations.retraining.compared import compare, held_out_rows
from modelyard.operations.retraining.proposing import Register, branch_of, verdict_document, verdict_on
from modelyard.operations.retraining.run import newest_run

DryRun = Annotated[bool, typer.Option("--dry-run", help="Compare and show; open nothing and note nothing.")]
Base = Annotated[str, typer.Option("--base", metavar="BRANCH", help="The branch that the pull request is to change.")]
Pages = Annotated[
    Path | None,
    typer.Option("--pages", metavar="FOLDER", help="Write a page for each retrained model: both models, drawn."),
]


def propose(
    context: typer.Context,
    model: AnyModel = None,
    base: Base = "main",
    dry_run: DryRun = False,  # noqa: FBT002 - typer's flags are parameters
    pages: Pages = None,
) -> None:
    """Open a pull request with the newest approved version, and with the newest retrained model, if it is better.

    For a pipeline that runs every hour: a version is proposed once, a run is judged once, and no run is proposed while
    the proposal of one is open.
    """
    operator = operator_of(context)
    models = operator.project.all_models() if model is None else (operator.project.model(model),)
    served = [operator.deployment(one.name) for one in models if one.serving is not None]
    if not served:
        operator.screen.note("No model has [serving]; docs/retraining.md says what is proposed")
    forge = None if dry_run or not served else forge_here()
    documents, failed = [], []
    for deployment in served:
        document: dict[str, Any] = {"model": deployment.model.name}
        documents.append(document)
        try:
            document["approved"] = _proposed_version(operator, deployment, base=base, forge=forge)
            if deployment.model.training is not None and deployment.model.training.retrain is not None:
                document["retrained"] = _proposed_run(operator, deployment, base=base, forge=forge, pages=pages)
        except Failure as failure:
            # The other models wait for the next hour in any case, and not for this one to be mended.
            document["failure"] = str(failure)
            failed.append(deployment.model.name)
            operator.screen.note(f"{deployment.model.name}: {failure}")
    operator.screen.emit(documents, rendered=[])
    if failed:
        raise Failure(f"{', '.join(failed)} could not be looked at to the end; mend what is said above")


def _proposed_version(operator: Operator, deployment: Deployment, *, base: str, forge: Forge | None) -> dict[str, Any]:
    model, bucket, note = deployment.model, operator.bucket(deployment), operator.screen.note
    found = approval(deployment=deployment, bucket=bucket)
    note(f"{model.name}: of approved versions: {found.why}")
    version, url = found.version, None
    if version is not None and found.board is not None and found.outcome == "to promote" and forge is not None:
        before = _proposed_before(forge, model=model, version=version)
        if before is not None:
            url = before.url
            note(f"{model.name}: version {version.number} was proposed before, and is {before.state}: {url}")
        else:
            change = approved_change(
                deployment=deployment, bucket=bucket, version=version, board=found.board, why=found.why
            )
            url = _opening(operator, deployment, base=base, forge=forge).open(change, forge=forge)
            note(f"{model.name}: version {version.number} is proposed: {url}")
    arn = None if version is None else version.arn
    return {"version": arn, "outcome": found.outcome, "why": found.why, "url": url}


def _proposed_before(forge: Forge, *, model: Model, version: Version) -> Proposal | None:
    """The version's own proposal, or that of its run while it is open: both have the same lines."""
    found = forge.find(approved_branch(model=model, version=version))
    if found is not None or version.run is None:
        return found
    retrained = forge.find(branch_of(model=model, run=version.run))
    return retrained if retrained is not None and retrained.state == "open" else None


def _proposed_run(
    operator: Operator, deployment: Deployment, *, base: str, forge: Forge | None, pages: Path | None
) -> dict[str, Any]:
    model, bucket, note = deployment.model, operator.bucket(deployment), operator.screen.note
    name = model.name
    register = Register(model=model, bucket=bucket)
    waiting = [] if forge is None else list(register.close_decided(forge))
    if waiting:
        note(f"{name}: nothing else is proposed until this is merged or closed: {', '.join(waiting)}")
        return {"open": waiting}
    run = newest_run(model=model, bucket=bucket)
    if run is None:
        note(f"{name}: no run that a schedule or an alarm has started is over yet")
        return {"run": None}
    before = register.verdict(run.name)
    if before is not None:
        note(f"{name}: run {run.name} was judged before ({before.outcome}): {before.why}")
        # Who looks without a pipeline may ask for the page at any time.
        if forge is not None or pages is None:
            return verdict_document(verdict=before, run=run, samples=[])
    rows = held_out_rows(model=model, run=run, bucket=bucket)
    samples = compare(rows)
    verdict = verdict_on(model=model, run=run, samples=samples) if before is None else before
    note(f"{name}: run {run.name}, started by {run.reason}, is {verdict.outcome}: {verdict.why}")
    page = None
    if samples:
        operator.screen.show(comparison_table(samples).rendered)
    if samples and pages is not None:
        # The analyzer's compiled code takes as long as everything else that `yard --help` imports.
        from modelyard.operations.retraining.page import comparison_page

        page = pages / f"{name}-retrained.html"
        pages.mkdir(parents=True, exist_ok=True)
        text = comparison_page(model=model, run=run, verdict=verdict, samples=samples, rows=rows)
        page.write_text(text, encoding="utf-8")
        note(f"{name}: look at it: {page}")
    if forge is not None and verdict.is_proposed:
        change = retrained_change(
            model=model,
            bucket=bucket,
            run=run,
            verdict=verdict,
            samples=samples,
            page=None if page is None or forge.job is None else f"{page.name} among the artifacts of {forge.job}",
        )
        url = _opening(operator, deployment, base=base, forge=forge).open(change, forge=forge)
        verdict = replace(verdict, url=url)
        note(f"{name}: proposed: {verdict.url}")
    if forge is not None:
        register.decide(verdict)
    return verdict_document(verdict=verdict, run=run, samples=samples)


def _opening(operator: Operator, deployment: Deployment, *, base: str, forge: Forge) -> Opening:
    return Opening(
        manifest=operator.project.file_of(deployment.model),
        repository=Repository(root=ROOT, environment=forge.git_environment),
        base=base,
        context={"stage": deployment.stage, "model": deployment.model.name},
    )
