"""`yard api`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from modelyard.operations.api.calling import curl, example, key_of
from modelyard.operations.api.openapi import openapi
from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.failures import Failure
from modelyard.operations.screen.table import table_of

OpenApi = Annotated[Path | None, typer.Option("--openapi", metavar="FILE", help="Write its OpenAPI document (JSON).")]
Key = Annotated[bool, typer.Option("--key", help="Show the value of its API key.")]


def api(context: typer.Context, model: Model, file: OpenApi = None, key: Key = False) -> None:  # noqa: FBT002 - typer's flags are parameters
    """Show a model's API: its URL and how to call it."""
    operator = operator_of(context)
    deployment = operator.deployment(model)
    declared = deployment.model.rest_api
    if declared is None:
        name = deployment.model.name
        raise Failure(f"{name} declares no [api]; add that table to its manifest and cdk deploy --all")
    url, key_id = deployment.output("api", "ApiUrl"), deployment.stack("api").outputs.get("ApiKeyId")
    if file is not None:
        document = openapi(deployment.model, api=declared, url=url)
        file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        operator.screen.note(f"The OpenAPI document: {file}")
    if key and key_id is None:
        raise Failure(
            f"--key is for an API with keys; that of {deployment.model.name} takes {declared.auth}; leave it out"
        )
    feedback = ["/feedback"] if deployment.model.takes_feedback else []
    facts = {
        "url": url,
        "auth": declared.auth,
        "operations": ", ".join(["/predict", "/predict/batch", *feedback]),
        "limits": f"{declared.rate:g} calls a second, {declared.burst} at once, {declared.batch_rows} rows a batch",
        "access log": deployment.output("api", "AccessLogGroup"),
    }
    if key and key_id is not None:
        facts["key"] = key_of(aws=deployment.aws, key_id=key_id)
    line = curl(declared, url=url, region=deployment.aws.region, key_id=key_id)
    rows = [{"what": name, "value": value} for name, value in facts.items()]
    # The line is not in the table: there it would be wrapped, and could not be copied.
    operator.screen.emit(
        {**facts, "example": example(declared), "curl": line},
        rendered=[table_of(rows, title=deployment.model.name).rendered, line],
    )
