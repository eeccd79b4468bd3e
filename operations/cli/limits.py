"""`yard limits`."""

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.failures import Failure
from modelyard.operations.promotion.answers import check_answer
from modelyard.operations.promotion.limits import write_limits, write_quality_limits
from modelyard.operations.promotion.promote import rewrite
from modelyard.operations.promotion.toml_lines import Edit
from modelyard.operations.screen.diff import render_diff


def limits(context: typer.Context, model: Model) -> None:
    """Write changed limits into the promoted baseline.

    The traffic is checked by them from the deploy on that has the line which this writes into the manifest.
    """
    operator = operator_of(context)
    deployment = operator.deployment(model)
    declared, bucket = deployment.model, operator.bucket(deployment)
    monitoring = declared.monitoring
    if monitoring is None or monitoring.baseline is None:
        raise Failure(f"{declared.name} has no baseline yet; yard promote writes one, with the limits")

    written = write_limits(monitoring.baseline, model=declared, bucket=bucket)
    check_answer(written, model=declared, bucket=bucket)
    changes = [_edit("monitoring", written)]
    if monitoring.quality is not None and monitoring.quality.baseline is not None:
        of_quality = write_quality_limits(monitoring.quality.baseline, model=declared, bucket=bucket)
        changes.append(_edit("monitoring.quality", of_quality))
    file = operator.project.file_of(declared)
    shown = rewrite(file=file, changes=changes)
    document = {f"{one.table}.baseline": one.value for one in changes} | {"diff": shown}
    operator.screen.emit(document, rendered=[render_diff(shown)] if shown else [])
    if not shown:
        operator.screen.note(f"{file} names these limits already")
    flag = "" if deployment.stage == "dev" else f" -c stage={deployment.stage}"
    operator.screen.next_step(f"cdk diff{flag}, then cdk deploy {deployment.name_of('monitoring')}{flag}")


def _edit(table: str, baseline: str) -> Edit:
    return Edit(table=table, key="baseline", value=baseline)
