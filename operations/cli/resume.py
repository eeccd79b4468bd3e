"""`yard resume`."""

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.cli.pause import switch_schedules
from modelyard.operations.monitoring import schedule


def resume(context: typer.Context, model: Model) -> None:
    """Resume the checks."""
    switch_schedules(operator_of(context), model=model, how=schedule.resume)
