"""`yard limits`."""

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.answers import check_answer
from modelyard.operations.promotion.limits import write_limits
from modelyard.operations.promotion.promote import rewrite
from modelyard.operations.promotion.toml_lines import Edit
from modelyard.operations.screen.diff import render_diff


def limits(context: typer.Context, model: Model) -> None:
    """Write changed limits into the promoted baseline.

    The traffic is checked by them from the deploy on that has the line which this writes into the manifest.
    """
    operator = operator_of(context)
    deployment = operator.deployment(model)
    monitoring = deployment.model.monitoring
    if monitoring is None or monitoring.baseline is None:
        raise Failure(f"{deployment.model.name} has no baseline yet; yard promote writes one, with the limits")

    written = write_limits(monitoring.baseline, model=deployment.model, bucket=operator.bucket(deployment))
    check_answer(written, model=deployment.model, bucket=operator.bucket(deployment))
    file = operator.project.file_of(deployment.model)
    shown = rewrite(file=file, changes=[Edit(table="monitoring", key="baseline", value=written)])
    operator.screen.emit({"baseline": written, "diff": shown}, rendered=[render_diff(shown)] if shown else [])
    if not shown:
        operator.screen.note(f"{file} has this line already")
    flag = "" if deployment.stage == "dev" else f" -c stage={deployment.stage}"
    operator.screen.next_step(f"cdk diff{flag}, then cdk deploy {deployment.name_of('monitoring')}{flag}")
