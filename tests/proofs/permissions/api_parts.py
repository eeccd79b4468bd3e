"""The API in front of an endpoint, called over HTTP: a prediction, and what proved true of it."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from proofs.permissions.part import Part
from proofs.permissions.world import STAGE, Failed, World


def api_parts(world: World) -> Iterator[Part]:
    """Each API's part."""
    for stack, _, _ in world.resources("AWS::ApiGateway::RestApi"):
        yield Part(name=f"{world.model_of(stack).name} api", run=partial(_call, world, stack=stack))


def _call(world: World, *, stack: str) -> None:
    model = world.model_of(stack)
    world.serve_promoted(endpoint=model.endpoint(stage=STAGE))
    groups = model.api.features if model.api is not None else ()
    needed = {name: 1 for group in groups if group.default is None for name in group.names}
    before = _logged(world, stack=stack)
    predicted = _post(world, stack=stack, path="predict", document={"features": needed})
    if model.takes_feedback:
        _post(world, stack=stack, path="feedback", document={"inferenceId": predicted["inferenceId"], "label": 1})
    if _logged(world, stack=stack) == before:
        raise Failed("the access log does not tell of the calls")


def _logged(world: World, *, stack: str) -> int:
    """How many calls the access log tells of."""
    group = _output(world, stack=stack, key="AccessLogGroup")
    return len(world.client("logs").filter_log_events(logGroupName=group)["events"])


def _output(world: World, *, stack: str, key: str) -> str:
    (found,) = world.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return next(str(one["OutputValue"]) for one in found["Outputs"] if one["OutputKey"] == key)


def _post(world: World, *, stack: str, path: str, document: dict[str, Any]) -> dict[str, Any]:
    connection, url = world.aws.connection, _output(world, stack=stack, key="ApiUrl")
    body, kind = json.dumps(document).encode(), {"Content-Type": "application/json"}
    signed = AWSRequest(method="POST", url=f"{url}/{path}", headers=kind, data=body)
    SigV4Auth(Credentials(connection.account, connection.secret), "execute-api", connection.region).add_auth(signed)
    request = urllib.request.Request(signed.url, data=body, headers=dict(signed.headers))
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise Failed(f"{path} answers {error.code}: {error.read().decode()}") from error
    return found
