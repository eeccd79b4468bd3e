"""`yard verify`."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from modelyard.manifest.stack_kinds import stack_kind
from modelyard.operations.cli.options import AnyModel, operator_of
from modelyard.operations.failures import Failure
from modelyard.operations.operator import Operator
from modelyard.operations.traffic.bodies import bodies_of, media_type
from modelyard.operations.verification import Check, Verification, table_of_checks

Data = Annotated[Path | None, typer.Option("--data", metavar="FILE", help="Your own records, one a line.")]
Timeout = Annotated[float, typer.Option("--timeout", min=1, help="Seconds to wait for the captured record.")]


def verify(context: typer.Context, model: AnyModel = None, data: Data = None, timeout: Timeout = 300) -> int:
    """Check that a deployed model works as declared.

    Without MODEL it checks every model that has been promoted. Exits with 1 if a check fails.
    """
    operator = operator_of(context)
    if model is not None:
        names = [model]
    elif data is not None:
        raise Failure(f"--data must be left out without MODEL, got {data}: each model has records of its own")
    else:
        served = [one for one in operator.project.all_models() if one.serving is not None]
        names = [one.name for one in served if not stack_kind("serving").awaits_promotion(one)]
    by_model = {name: _checks_of(operator, name, data=data, seconds=timeout) for name in names}

    documents: list[dict[str, str | bool | None]] = []
    tables = []
    for name, checks in by_model.items():
        table = table_of_checks(checks)
        if model is not None:
            documents += [check.document for check in checks]
            tables.append(table)
        else:
            documents += [{"model": name, **check.document} for check in checks]
            tables.append(dataclasses.replace(table, title=name))
    operator.screen.emit(documents, rendered=[table.rendered for table in tables])
    return 1 if any(check.ok is False for checks in by_model.values() for check in checks) else 0


def _checks_of(operator: Operator, name: str, *, data: Path | None, seconds: float) -> list[Check]:
    """Make the checks of one model, and show each as it is made."""
    deployment = operator.deployment(name)
    body = bodies_of(model=deployment.model, file=data, drifted=False, bucket=operator.bucket(deployment))[0]
    content_type = media_type(model=deployment.model, file=data)
    verification = Verification(deployment=deployment, body=body, content_type=content_type, seconds=seconds)
    checks: list[Check] = []
    with operator.screen.live() as view:
        for check in verification.checks():
            checks.append(check)
            view.update(rendered=table_of_checks(checks).rendered, line=f"{check.what}: {check.detail}")
    return checks
