"""`yard verify`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from modelyard.manifest.stack_kinds import stack_kind
from modelyard.operations.cli.options import AnyModel, operator_of
from modelyard.operations.failures import Failure
from modelyard.operations.operator import Operator
from modelyard.operations.project import Project
from modelyard.operations.traffic.bodies import bodies_of
from modelyard.operations.verification import Finding, Verification, table_of_findings

Data = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="Records of your own, one a line.")]
Timeout = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait for the capture.")]


def verify(context: typer.Context, model: AnyModel = None, data: Data = None, timeout: Timeout = 300) -> int:
    """Prove that what is deployed does what it says.

    Without MODEL, every model is asked that has been promoted to an endpoint. Ends with 1 if anything does not.
    """
    operator = operator_of(context)
    if model is not None:
        found = _proved(operator, model, data=data, seconds=timeout)
        operator.screen.emit([dataclasses.asdict(one) for one in found], rendered=[table_of_findings(found).rendered])
        return _code(found)
    if data is not None:
        raise Failure(f"--data must be left out without MODEL, got {data}: each model has records of its own")
    proofs = {name: _proved(operator, name, data=None, seconds=timeout) for name in _promoted(operator.project)}
    document = [{"model": name} | dataclasses.asdict(one) for name, found in proofs.items() for one in found]
    rendered = [dataclasses.replace(table_of_findings(found), title=name).rendered for name, found in proofs.items()]
    operator.screen.emit(document, rendered=rendered)
    return _code([one for found in proofs.values() for one in found])


def _proved(operator: Operator, name: str, *, data: Path | None, seconds: float) -> list[Finding]:
    """The findings of one model, shown as they come."""
    deployment = operator.deployment(name)
    body = bodies_of(model=deployment.model, file=data, drifted=False)[0]
    findings: list[Finding] = []
    with operator.screen.live() as view:
        for finding in Verification(deployment=deployment, body=body, seconds=seconds).findings():
            findings.append(finding)
            view.update(rendered=table_of_findings(findings).rendered, line=f"{finding.what}: {finding.said}")
    return findings


def _promoted(project: Project) -> list[str]:
    """The models that a deploy gives an endpoint."""
    models = project.all_models()
    return [one.name for one in models if one.serving is not None and not stack_kind("serving").awaits_promotion(one)]


def _code(findings: list[Finding]) -> int:
    return 1 if any(one.holds is False for one in findings) else 0
