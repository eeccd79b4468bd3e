"""`yard status` and `yard verify`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from operations.cli.options import AnyModel, Model, operator
from operations.traffic.bodies import bodies_of
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
