"""`yard status`, `yard verify` and `yard teardown`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from operations.bucket import DataBucket
from operations.cli.options import AnyModel, Model, operator
from operations.deployment import Deployment, Stack, find_stack
from operations.failures import Failure
from operations.operator import Operator
from operations.screen.screen import LiveView
from operations.traffic.bodies import bodies_of
from operations.upkeep import remains as left
from operations.upkeep.cost import costs_of, table_of_costs
from operations.upkeep.history import history_steps
from operations.upkeep.prices import table as prices
from operations.upkeep.remains import table_of_remains
from operations.upkeep.status import Status, overview, tables
from operations.upkeep.teardown import Step, check_deletable, delete_step, empty_step, steps_of
from operations.upkeep.verify import Finding, Verification, table_of_findings

Data = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="Records of your own, one a line.")]
Timeout = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait for the capture.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without it, only say what would be done.")]
History = Annotated[bool, typer.Option("--history", help="Delete the experiment and the registered models too.")]
DestroyData = Annotated[
    str | None,
    typer.Option("--destroy-data", metavar="STAGE", help="Delete the stage's data too, if it says removal = destroy."),
]


def status(context: typer.Context, model: AnyModel = None) -> None:
    """Show what is deployed and how it is."""
    given = operator(context)
    if model is not None:
        document = Status(deployment=given.deployment(model)).document()
        given.screen.give(document, drawn=[table.drawn for table in tables(document)])
        return
    names = [one.name for one in given.project.all_models()]
    documents = [Status(deployment=given.deployment(name)).document() for name in names]
    given.screen.give(documents, drawn=[overview(documents).drawn])


def verify(context: typer.Context, model: Model, data: Data = None, timeout: Timeout = 300) -> int:
    """Prove that what is deployed does what it says.

    Ends with 1 if anything does not.
    """
    given = operator(context)
    deployment = given.deployment(model)
    body = bodies_of(model=deployment.model, file=data, drifted=False)[0]
    findings: list[Finding] = []
    with given.screen.live() as view:
        for finding in Verification(deployment=deployment, body=body, seconds=timeout).findings():
            findings.append(finding)
            view.update(drawn=table_of_findings(findings).drawn, line=f"{finding.what}: {finding.said}")
    given.screen.give([dataclasses.asdict(one) for one in findings], drawn=[table_of_findings(findings).drawn])
    return 1 if any(one.holds is False for one in findings) else 0


def cost(context: typer.Context, model: Model) -> None:
    """Estimate what a model costs a month, as declared.

    The table of prices has a date, which is shown. What an instance costs that the table does not have is left out.
    """
    given = operator(context)
    deployment = given.deployment(model)
    costs = list(costs_of(model=deployment.model, stored_bytes=_stored(given, deployment=deployment)))
    table = prices()
    title = f"{deployment.model.name}: US dollars a month, by {table['region']}'s prices of {table['date']}"
    document = {"prices": table["date"], "region": table["region"], "items": [dataclasses.asdict(one) for one in costs]}
    given.screen.give(document, drawn=[table_of_costs(costs, title=title).drawn])


def _stored(operator: Operator, *, deployment: Deployment) -> int | None:
    """The bytes of a model's data; None where its foundation does not stand, or nobody may ask."""
    try:
        bucket = operator.bucket(deployment)
    except (Failure, BotoCoreError, ClientError) as unknown:
        operator.screen.note(f"without storage: {unknown}")
        return None
    return sum(stored.size for stored in bucket.objects(f"{deployment.model.name}/"))


def teardown(
    context: typer.Context,
    model: AnyModel = None,
    yes: Yes = False,  # noqa: FBT002 - typer's flags are parameters
    history: History = False,  # noqa: FBT002
    destroy_data: DestroyData = None,
) -> int:
    """Delete a model's stacks, or the whole stage.

    Without --yes it only says what would go. Ends with 1 if anything is left that should not be.
    """
    given = operator(context)
    names = [model] if model is not None else [one.name for one in given.project.all_models()]
    deployments = [given.deployment(name) for name in names]
    steps = [step for deployment in deployments for step in _steps(deployment, history=history)]
    # Read before anything goes: what is kept is looked for by the names that it gives.
    foundation = find_stack(aws=given.aws, name=f"{given.project.stage.name}-foundation")
    steps += _foundation_steps(given, foundation=foundation, whole=model is None, destroy_data=destroy_data)
    if not yes:
        given.screen.give(
            {"would": [step.what for step in steps]},
            drawn=[f"would {step.what}" for step in steps] or ["There is nothing to delete"],
        )
        if steps:
            given.screen.next_step("the same with --yes")
        return 0
    _run(given, steps=steps)
    return _inventory(given, deployments=deployments, foundation=foundation)


def _steps(deployment: Deployment, *, history: bool) -> list[Step]:
    """Experiment and registry outlive the stack that named them, under the name that the app always gives them."""
    steps = list(steps_of(deployment))
    if not history:
        return steps
    training = deployment.find("training")
    outputs = training.outputs if training is not None else {}
    fixed = deployment.model.endpoint(stage=deployment.stage)
    experiment, group = outputs.get("ExperimentName", fixed), outputs.get("ModelPackageGroupName", fixed)
    return [*steps, *history_steps(aws=deployment.aws, experiment=experiment, group=group)]


def _foundation_steps(
    operator: Operator, *, foundation: Stack | None, whole: bool, destroy_data: str | None
) -> list[Step]:
    stage = operator.project.stage
    if destroy_data is not None and (destroy_data != stage.name or stage.removal != "destroy"):
        raise Failure(
            f'--destroy-data must name the stage ({stage.name}), whose removal in stages.toml must be "destroy", got '
            f"{destroy_data} with removal {stage.removal}; deploy that first, with -c destroy_data={stage.name}"
        )
    if destroy_data is not None and not whole:
        raise Failure("--destroy-data is for the whole stage; leave MODEL out, or leave --destroy-data out")
    if not whole or foundation is None:
        return []
    check_deletable(foundation)
    buckets = [foundation.output("DataBucketName")] if destroy_data is not None else []
    return [
        *(empty_step(aws=operator.aws, bucket=name) for name in buckets),
        delete_step(aws=operator.aws, stack=foundation),
    ]


def _run(operator: Operator, *, steps: Sequence[Step]) -> None:
    """One after the other; what was interrupted or failed goes on where it was when it is asked for again."""
    with operator.screen.live() as view:
        for number, step in enumerate(steps, 1):
            head = f"{number} of {len(steps)}: {step.what}"
            view.update(drawn=head, line=head)
            step.do(_teller(view, head=head))


def _teller(view: LiveView, *, head: str) -> Callable[[str], None]:
    return lambda word: view.update(drawn=f"{head}\n  {word}", line=f"  {word}")


def _inventory(operator: Operator, *, deployments: Sequence[Deployment], foundation: Stack | None) -> int:
    """What is left, by the names that the stacks gave before they went."""
    found = [one for deployment in deployments for one in left.of_model(deployment=deployment)]
    if foundation is not None and foundation.stands:
        bucket = DataBucket(aws=operator.aws, name=foundation.output("DataBucketName"))
        prefixes = [f"{deployment.model.name}/" for deployment in deployments] if bucket.is_there() else []
        found += [one for prefix in prefixes for one in left.of_data(bucket=bucket, prefix=prefix)]
        found += left.of_key(aws=operator.aws, arn=foundation.output("DataKeyArn"))
    drawn = table_of_remains(found).drawn if found else "Nothing is left"
    operator.screen.give([dataclasses.asdict(one) for one in found], drawn=[drawn])
    return 1 if any(not one.kept for one in found) else 0
