"""`yard cost`."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from modelyard import manifest
from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.costs.estimate import costs_of, instances_of, table_of_costs
from modelyard.operations.costs.price_list import read_price_list
from modelyard.operations.costs.prices import Prices, read_prices, shipped
from modelyard.operations.failures import Failure, code_of
from modelyard.operations.operator import Operator
from modelyard.operations.undeclared import table_of_undeclared
from modelyard.operations.undeclared_resources import table_of_resources

PricesFile = Annotated[
    Path | None, typer.Option("--prices", metavar="FILE", help="A price table of your own, like prices.toml.")
]


def cost(context: typer.Context, model: Model, file: PricesFile = None) -> None:
    """Estimate a model's monthly cost from its manifest.

    Instance prices come from AWS's price list, all others from a table that is approximate and not verified; --prices
    takes your own. What has no price, or no count that the manifest knows, is in no sum.
    """
    operator = operator_of(context)
    deployment = operator.deployment(model)
    prices = _prices(operator, model=deployment.model) if file is None else read_prices(file)
    stored = None  # not known where the foundation does not stand, or nobody may ask
    try:
        objects = operator.bucket(deployment).objects(f"{deployment.model.name}/")
        stored = sum(one.size for one in objects)
    except (Failure, BotoCoreError, ClientError) as unknown:
        operator.screen.note(f"without storage: {unknown}")
    undeclared = resources = None  # not known where they may not be listed, or another manifest cannot be taken
    try:
        undeclared = operator.undeclared_stacks()
        resources = operator.undeclared_resources(stacks=undeclared)
    except (manifest.Refused, BotoCoreError, ClientError) as unknown:
        operator.screen.note(f"without what stands in the stage and no manifest declares: {unknown}")
    stage = operator.project.stage
    costs = list(
        costs_of(
            model=deployment.model,
            prices=prices,
            stored_bytes=stored,
            log_days=stage.log_days,
            tracked=stage.tracking is not None,
        )
    )
    document = {
        "prices": {"date": prices.date, "region": prices.region, "note": prices.note},
        "items": [dataclasses.asdict(one) for one in costs],
        "undeclared": None if undeclared is None else [one.record(prices=prices) for one in undeclared],
        "undeclared_resources": None if resources is None else [one.record(prices=prices) for one in resources],
    }
    title = f"{deployment.model.name}: US dollars a month, by {prices.sentence}"
    rendered = [table_of_costs(costs, title=title).rendered]
    if undeclared:
        title = f"Beside the models of {operator.project.stage.name}, declared by no manifest"
        rendered.append(table_of_undeclared(undeclared, prices=prices, title=title).rendered)
    if resources:
        title = f"Beside the stacks of {operator.project.stage.name}"
        rendered.append(table_of_resources(resources, prices=prices, title=title).rendered)
    operator.screen.emit(document, rendered=rendered)


def _prices(operator: Operator, *, model: manifest.Model) -> Prices:
    """As AWS has them, where it can be asked; else as the table has them, with a word why."""
    try:
        listed = read_price_list(aws=operator.aws, instances=instances_of(model=model), region=operator.aws.region)
    except (BotoCoreError, ClientError) as unreachable:
        why = code_of(unreachable) if isinstance(unreachable, ClientError) else str(unreachable).rstrip(".")
        operator.screen.note(f"Prices are from the table, because the pricing API cannot be reached: {why}")
        return shipped()
    if listed is None:
        operator.screen.note(
            "Prices are from the table, because the pricing API has none of these instances in this region"
        )
        return shipped()
    missing = [name for name in instances_of(model=model) if name not in listed.hour]
    if missing:
        operator.screen.note(f"Prices are from the table where the pricing API has none: {', '.join(missing)}")
    return shipped().with_hours(listed.hour, region=operator.aws.region, date=listed.date)
