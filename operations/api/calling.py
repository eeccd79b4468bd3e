"""Calls of a model's API: a line for a shell, and a request of our own."""

import json
import shlex
from typing import Any

from modelyard.manifest.api import Api, Features
from modelyard.operations.aws import Aws
from modelyard.operations.failures import Failure
from modelyard.operations.json_requests import JsonReply, JsonRequest

JSON = "application/json"
SERVICE = "execute-api"
# API Gateway gives a model up before this.
SECONDS = 35


def example(api: Api) -> dict[str, Any]:
    """Return a body that `/predict` takes, of the features that a row must have."""
    required = [(name, group) for group in api.features if group.default is None for name in group.names]
    return {"features": {name: _example(group) for name, group in required}}


def row(api: Api, *, cells: list[str]) -> dict[str, Any]:
    """Return a body that `/predict` takes, from the cells of a line of CSV; an empty one is left out where it may be.

    Raises:
        Failure: there are more or fewer cells than features, or the cell of a number is none.
    """
    features = [(name, group) for group in api.features for name in group.names]
    if len(features) != len(cells):
        raise Failure(f"[api] must declare the {len(cells)} columns of a row, got {len(features)}; complete it")
    given = ((name, group, text) for (name, group), text in zip(features, cells, strict=True))
    return {
        "features": {
            name: _cell(text, group, name=name) for name, group, text in given if text or group.default is None
        }
    }


def curl(api: Api, *, url: str, region: str, key_id: str | None) -> str:
    """Return a line that calls `/predict`, for a shell that has what it names."""
    match api.auth:  # curl leaves a header out that has no value
        case "api-key":
            asked = f"aws apigateway get-api-key --api-key {key_id} --include-value --query value --output text"
            caller = ["--header", f'"X-Api-Key: $({asked})"']
        case "jwt":
            caller = ["--header", '"Authorization: $TOKEN"']
        case _:
            caller = ["--aws-sigv4", f"aws:amz:{region}:{SERVICE}"]
            caller += ["--user", '"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"']
            caller += ["--header", '"X-Amz-Security-Token: $AWS_SESSION_TOKEN"']
    plain = ["--header", shlex.quote(f"Content-Type: {JSON}"), "--data", shlex.quote(json.dumps(example(api)))]
    return " ".join(["curl", "--silent", *caller, *plain, f"{url}/predict"])


def call(*, aws: Aws, url: str, document: Any, key: str | None = None) -> JsonReply:
    """Send a document as this account's caller, or with a key.

    Raises:
        Failure: nothing answers there, or it is not the API.
    """
    headers = {} if key is None else {"X-Api-Key": key}
    request = JsonRequest(
        method="POST", url=url, whose="the model's API", seconds=SECONDS, headers=headers, document=document
    )
    return request.send(signed=(aws, SERVICE) if key is None else None)


def key_of(*, aws: Aws, key_id: str) -> str:
    """Return the value of an API key."""
    return str(aws.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"])


def _example(group: Features) -> Any:
    if group.type == "text":
        return group.values[0] if group.values else "text"
    low = 0 if group.minimum is None else group.minimum
    value = low if group.maximum is None else min(max(low, 1), group.maximum)
    return int(value) if group.type == "integer" else value


def _cell(text: str, group: Features, *, name: str) -> Any:
    if group.type == "text":
        return text
    try:
        return int(text) if group.type == "integer" else float(text)
    except ValueError as error:
        raise Failure(f"{name} must be a number, got {text!r}; correct the record or the features of [api]") from error
