"""`yard status`."""

import typer

from modelyard.operations.cli.options import AnyModel, operator_of
from modelyard.operations.status import Status, overview, reasons, tables


def status(context: typer.Context, model: AnyModel = None) -> None:
    """Show what is deployed and its state."""
    operator = operator_of(context)
    if model is not None:
        document = Status(deployment=operator.deployment(model)).document()
        operator.screen.emit(document, rendered=[table.rendered for table in tables(document)])
        operator.screen.notes(reasons(document))
        return
    names = [one.name for one in operator.project.all_models()]
    documents = [Status(deployment=operator.deployment(name)).document() for name in names]
    operator.screen.emit(documents, rendered=[overview(documents).rendered])
