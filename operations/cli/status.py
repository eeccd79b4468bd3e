"""`yard status`."""

import typer

from modelyard.operations.cli.options import AnyModel, operator_of
from modelyard.operations.costs.prices import shipped
from modelyard.operations.status import Status, overview, reasons, stage_document, tables
from modelyard.operations.undeclared import table_of_undeclared


def status(context: typer.Context, model: AnyModel = None) -> None:
    """Show what is deployed and its state.

    That is also what stands in the stage though no manifest declares it, with its price.
    """
    operator = operator_of(context)
    found = operator.undeclared_stacks(model=model)
    undeclared = () if found is None else found
    deployments = operator.deployments(model=model, undeclared=undeclared)
    documents = [Status(deployment=one, undeclared=found).document() for one in deployments]

    title = f"In {operator.project.stage.name}, declared by no manifest"
    costs = [table_of_undeclared(undeclared, prices=shipped(), title=title).rendered] if undeclared else []
    if model is not None:
        (document,) = documents
        operator.screen.emit(document, rendered=[*(one.rendered for one in tables(document)), *costs])
        operator.screen.notes(reasons(document))
    else:
        rendered = [*([overview(documents).rendered] if documents else []), *costs]
        if not documents:
            operator.screen.note(
                f"{operator.project.models} holds no manifest; write one, NAME.toml, or begin a project: yard new"
            )
        of_stage = [one for one in undeclared if one.model is None]
        documents += [stage_document(stage=operator.project.stage.name, stacks=of_stage)] if of_stage else []
        operator.screen.emit(documents, rendered=rendered)
    for one in deployments:
        if not operator.project.declares(one.model.name):
            operator.screen.next_step(f"yard teardown {one.model.name}")
