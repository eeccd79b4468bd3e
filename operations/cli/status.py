"""`yard status`."""

import typer

from modelyard.operations.cli.options import AnyModel, operator_of
from modelyard.operations.costs.prices import shipped
from modelyard.operations.status import Status, idle_endpoints, overview, reasons, stage_document, tables
from modelyard.operations.undeclared import table_of_undeclared
from modelyard.operations.undeclared_resources import table_of_resources


def status(context: typer.Context, model: AnyModel = None) -> None:
    """Show what is deployed and its state.

    That is also what stands in the stage though no manifest declares it, or in none of its stacks, with its price.
    """
    operator = operator_of(context)
    stage = operator.project.stage.name
    found = operator.undeclared_stacks(model=model)
    undeclared = () if found is None else found
    tagged = operator.undeclared_resources(stacks=found, model=model)
    resources = () if tagged is None else tagged
    deployments = operator.deployments(model=model, undeclared=undeclared, resources=resources)
    documents = [Status(deployment=one, undeclared=found, resources=tagged).document() for one in deployments]

    costs = []
    if undeclared:
        title = f"In {stage}, declared by no manifest"
        costs.append(table_of_undeclared(undeclared, prices=shipped(), title=title).rendered)
    if resources:
        title = f"In {stage}, in none of its stacks"
        costs.append(table_of_resources(resources, prices=shipped(), title=title).rendered)
    models = {one.model.name for one in deployments}
    of_stage = stage_document(
        stage=stage,
        stacks=[one for one in undeclared if one.model is None],
        resources=[one for one in resources if one.model not in models],
    )
    if model is not None:
        document = documents[0] if documents else of_stage
        operator.screen.emit(document, rendered=[*(one.rendered for one in tables(document)), *costs])
        operator.screen.notes(reasons(document))
    else:
        rendered = [*([overview(documents).rendered] if documents else []), *costs]
        if not documents:
            operator.screen.note(
                f"{operator.project.models} holds no manifest; write one, NAME.toml, or begin a project: yard new"
            )
        documents += [of_stage] if of_stage["undeclared"] or of_stage["undeclared_resources"] else []
        operator.screen.emit(documents, rendered=rendered)
    operator.screen.notes(idle_endpoints(documents))
    for one in deployments:
        if not operator.project.declares(one.model.name):
            operator.screen.next_step(f"yard teardown {one.model.name}")
