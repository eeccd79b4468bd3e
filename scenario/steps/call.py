"""The step that asks the model as a client does: over HTTP, by the API in front of the endpoint."""

import http.client
import json
import urllib.parse
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from modelyard.scenario.context import ScenarioContext

SERVICE = "execute-api"
SECONDS = 60


def ask_over_http(context: ScenarioContext, lines: list[str]) -> None:
    """Ask for a row, send one that is none, and upload a label."""
    keyed = context.model.api is not None and context.model.api.auth == "api-key"
    options = ("--key",) if keyed else ()
    api: dict[str, Any] = json.loads(context.commands.yard("--json", "api", context.name, *options).text)
    lines += [" ".join(["$ yard api", context.name, *options]), f"  {api['url']}, auth {api['auth']}"]
    inference = _predict(context, api=api, lines=lines)
    _check_refusals(context, api=api, lines=lines)
    if context.model.takes_feedback:
        body = {"inferenceId": inference, "label": context.data.label()}
        status, answer = _post(context, api=api, path="/feedback", body=body)
        context.require(status == 202, f"feedback must be taken, it was answered with {status}: {answer}")
        lines.append(f"POST /feedback: {status}, what proved true lies beside the captures")


def _predict(context: ScenarioContext, *, api: dict[str, Any], lines: list[str]) -> str:
    status, answer = _post(context, api=api, path="/predict", body=api["example"])
    context.require(status == 200, f"the API must answer, it said {status}: {answer}")
    lines.append(f"POST /predict: {status}, prediction {answer['prediction']}")
    return str(answer["inferenceId"])


def _check_refusals(context: ScenarioContext, *, api: dict[str, Any], lines: list[str]) -> None:
    status, answer = _post(context, api=api, path="/predict", body={"features": {"surprise": 1}})
    context.require(status == 400, f"a row that is none must be refused, it was answered with {status}: {answer}")
    lines.append(f"POST /predict with an unknown feature: {status}, {answer['message']}")
    status, _ = _post(context, api=api, path="/predict", body=api["example"], anonymous=True)
    who, what = ("show a key", "a key") if "key" in api else ("sign", "a signature")
    context.require(status == 403, f"a caller who does not {who} must be refused, the answer was {status}")
    lines.append(f"POST /predict without {what}: {status}")


def _post(
    context: ScenarioContext, *, api: dict[str, Any], path: str, body: Any, anonymous: bool = False
) -> tuple[int, Any]:
    url = f"{api['url']}{path}"
    local = url.startswith(f"{context.connection.endpoint}/")
    context.require(
        local, f"the API must be the rehearsal's, below {context.connection.endpoint}, its address is {url}"
    )
    headers = {"Content-Type": "application/json"}
    request = botocore.awsrequest.AWSRequest(method="POST", url=url, headers=headers, data=json.dumps(body).encode())
    if not anonymous and "key" in api:
        request.headers["X-Api-Key"] = api["key"]
    elif not anonymous:
        credentials = botocore.credentials.Credentials(context.connection.account, context.connection.secret)
        botocore.auth.SigV4Auth(credentials, SERVICE, context.connection.region).add_auth(request)
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=SECONDS)
    try:
        connection.request("POST", address.path, body=request.data, headers=dict(request.headers))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
