"""`yard captures`."""

import dataclasses
from typing import Annotated

import typer
from rich.text import Text

from modelyard.drift.escaping import for_terminal
from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.monitoring.captures import Captures, table_of_records

Follow = Annotated[bool, typer.Option("--follow", help="Show new records as they arrive, until Ctrl-C.")]
Last = Annotated[int, typer.Option("--last", min=0, help="How many records to show.")]


def captures(context: typer.Context, model: Model, follow: Follow = False, last: Last = 5) -> None:  # noqa: FBT002 - typer's flags are parameters
    """Show captured requests and responses, decoded."""
    operator = operator_of(context)
    deployment = operator.deployment(model)
    found = Captures(bucket=operator.bucket(deployment), prefix=deployment.output("serving", "CapturePrefix"))
    # A line for each record, for as long as somebody looks.
    for record in found.follow() if follow else ():
        if operator.screen.as_json:
            operator.screen.document(dataclasses.asdict(record))
        else:
            line = f"{record.time} {record.variant}: {record.request.strip()} -> {record.answer.strip()}"
            operator.screen.show(Text(for_terminal(line)))
    hours, records = found.by_hour(), found.newest(last)
    document = {"hours": hours.records, "records": [dataclasses.asdict(one) for one in records]}
    operator.screen.emit(
        document, rendered=[hours.rendered, *([table_of_records(records).rendered] if records else [])]
    )
