"""`yard status`, `yard verify` and `yard cost`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from operations.cli.options import AnyModel, Model, operator
from operations.deployment import Deployment
from operations.failures import Failure
from operations.operator import Operator
from operations.traffic.bodies import bodies_of
from operations.upkeep.cost import costs_of, table_of_costs
from operations.upkeep.prices import table as prices
from operations.upkeep.status import Status, overview, tables
from operations.upkeep.verify import Finding, Verification, table_of_findings

Data = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="Records of your own, one a line.")]
Timeout = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait for the capture.")]


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
