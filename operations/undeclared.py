"""What stands in a stage and no manifest declares: models that were renamed or deleted, tables that were removed."""

import graphlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from modelyard.manifest.names import MODEL_NAME
from modelyard.operations.aws import Aws
from modelyard.operations.costs.prices import Prices
from modelyard.operations.deployment import deployed_template
from modelyard.operations.failures import message_of
from modelyard.operations.planning.costs import MACHINE, MONITORING_SCHEDULE, SCHEDULE, bills
from modelyard.operations.planning.differences import name_of
from modelyard.operations.planning.endpoints import ENDPOINT
from modelyard.operations.planning.revision import Revision, exports_of
from modelyard.operations.planning.values import imports_of
from modelyard.operations.screen.table import Table
from modelyard.template_checks.template import Template, table, tables

# What costs money or acts by itself.
RUNNING = {
    ENDPOINT: "endpoint",
    MONITORING_SCHEDULE: "schedule",
    SCHEDULE: "schedule",
    MACHINE: "state machine",
}
# A stack in one of these has no resources (CloudFormation guide, "Stack status codes").
EMPTY = frozenset({"DELETE_COMPLETE", "REVIEW_IN_PROGRESS"})


@dataclass(frozen=True, kw_only=True, slots=True)
class UndeclaredStack:
    """A stack by its template; `status` is empty where nobody asked CloudFormation for it."""

    template: Template
    status: str = ""

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.template.name

    @property
    def model(self) -> str | None:
        """The model that its resources are tagged with; None for a stack of the stage."""
        names = sorted(name for name in tag_values(self.template, key="model") if MODEL_NAME.fullmatch(name))
        return names[0] if names else None

    @property
    def running(self) -> list[str]:
        """Its endpoints, schedules and state machines, by the template's names where it gives any."""
        found = self.template.resources(*RUNNING)
        return [f"{RUNNING[one.type]} {name if (name := name_of(one)) else one.logical_id}" for one in found]

    def record(self, *, prices: Prices) -> dict[str, Any]:
        """Return what it is and costs a month in US dollars, and how many of its items have no price."""
        revision = Revision(name=self.name, templates=(self.template,))
        items = bills(revision, only={self.name}, prices=prices).values()
        return {
            "stack": self.name,
            "model": self.model,
            "running": self.running,
            "least": round(sum(one.least for one in items if one.least is not None), 2),
            "most": round(sum(one.most for one in items if one.most is not None), 2),
            "unpriced": sum(one.least is None or one.most is None for one in items),
        }


def undeclared_stacks(
    *, aws: Aws, stage: str, declared: Collection[str], seen: Callable[[str], None], model_slug: str | None = None
) -> Iterator[UndeclaredStack]:
    """Yield the stacks that carry a stage's tag, beside those of the names in `declared`.

    All of the app's stacks are named after their stage, and their resources are tagged with it. A stack whose template
    is not JSON is none of the app's. `seen` is told of a stack that cannot be read. With `model_slug` only the stacks
    that are named after that model are looked at.
    """
    prefix = f"{stage}-" if model_slug is None else f"{stage}-{model_slug}-"
    pages = aws.client("cloudformation").get_paginator("list_stacks").paginate()
    for listed in (one for page in pages for one in page["StackSummaries"]):
        name, status = listed["StackName"], listed["StackStatus"]
        # A nested stack goes with the one that it is part of.
        if not name.startswith(prefix) or name in declared or status in EMPTY or "ParentId" in listed:
            continue
        try:
            body = deployed_template(aws=aws, stack=name)
        except ClientError as error:
            seen(f"Not counted, for its template cannot be read: the stack {name}: {message_of(error)}")
            continue
        found = Template(name=name, body=table(body), region=aws.region)
        if stage in tag_values(found, key="stage"):
            yield UndeclaredStack(template=found, status=status)


def tag_values(template: Template, *, key: str) -> set[str]:
    """Return the values of a tag of a template's resources, most of which take a list of tags, some a table."""
    given = [one.properties.get("Tags") for one in template.resources()]
    return {
        str(value)
        for tags in given
        for name, value in [*((one.get("Key"), one.get("Value")) for one in tables(tags)), *table(tags).items()]
        if name == key
    }


def importers_first(stacks: Iterable[UndeclaredStack]) -> list[UndeclaredStack]:
    """Return stacks in an order in which they can be deleted: CloudFormation keeps what another one imports from."""
    by_name = {one.name: one for one in stacks}
    exporters = {export: name for name, one in by_name.items() for export in exports_of(one.template)}
    imports = {
        name: {exporters[export] for export in imports_of(one.template.body) if export in exporters}
        for name, one in by_name.items()
    }
    return [by_name[name] for name in reversed([*graphlib.TopologicalSorter(imports).static_order()])]


def table_of_undeclared(stacks: Sequence[UndeclaredStack], *, prices: Prices, title: str) -> Table:
    """Return the stacks for eyes, with their sum; an item without a price is in no sum."""
    records = [one.record(prices=prices) for one in stacks]
    rows = [
        (one["stack"], ", ".join(one["running"]) or None, one["least"], one["most"], one["unpriced"]) for one in records
    ]
    total = tuple(sum(one[key] for one in records) for key in ("least", "most", "unpriced"))
    return Table(
        columns=("stack", "running", "least USD", "most USD", "items without a price"),
        rows=(*rows, ("in all", None, *total)),
        title=f"{title}: US dollars a month, by {prices.sentence}",
    )
