"""`yard pause`."""

from collections.abc import Callable

import typer

from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.monitoring import schedule
from modelyard.operations.monitoring.monitor import monitors_of
from modelyard.operations.operator import Operator


def pause(context: typer.Context, model: Model) -> None:
    """Pause the checks, and wait until none is running."""
    switch_schedules(operator_of(context), model=model, how=schedule.pause)


def switch_schedules(operator: Operator, *, model: str, how: Callable[..., None]) -> None:
    """Switch every schedule of a model, and show the state that each is in afterwards."""
    states = {}
    for monitor in monitors_of(operator.deployment(model)):
        with operator.screen.live() as view:
            how(monitor, seen=lambda word: view.update(rendered=word, line=word))
        states[monitor.schedule] = schedule.state(monitor)
    document = [{"schedule": name, "state": state} for name, state in states.items()]
    operator.screen.emit({"schedules": document}, rendered=[f"{name}: {state}" for name, state in states.items()])
