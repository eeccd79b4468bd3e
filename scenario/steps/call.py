"""The step that asks the model as a stranger does: over HTTP, by the API in front of the endpoint."""

import http.client
import json
import urllib.parse
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from modelyard.scenario.context import ScenarioContext

_SERVICE = "execute-api"
_SECONDS = 60


def ask_over_http(context: ScenarioContext, lines: list[str]) -> None:
    """Ask for a row, send one that is none, and tell what proved true."""
    told: dict[str, Any] = json.loads(context.commands.yard("--json", "api", context.model).text)
    lines += [f"$ yard api {context.model}", f"  {told['url']}, auth {told['auth']}"]
    inference = _predict(context, told=told, lines=lines)
    _refuse(context, told=told, lines=lines)
    status, noted = _post(context, url=f"{told['url']}/feedback", body={"inferenceId": inference, "label": 1})
    context.require(status == 202, f"feedback must be taken, it was answered with {status}: {noted}")
    lines.append(f"POST /feedback: {status}, what proved true lies beside the captures")


def _predict(context: ScenarioContext, *, told: Any, lines: list[str]) -> str:
    status, answer = _post(context, url=f"{told['url']}/predict", body=told["example"])
    context.require(status == 200, f"the API must answer, it said {status}: {answer}")
    lines.append(f"POST /predict: {status}, prediction {answer['prediction']}")
    return str(answer["inferenceId"])


def _refuse(context: ScenarioContext, *, told: Any, lines: list[str]) -> None:
    status, answer = _post(context, url=f"{told['url']}/predict", body={"features": {"surprise": 1}})
    context.require(status == 400, f"a row that is none must be refused, it was answered with {status}: {answer}")
    lines.append(f"POST /predict with an unknown feature: {status}, {answer['message']}")
    status, _ = _post(context, url=f"{told['url']}/predict", body=told["example"], signed=False)
    context.require(status == 403, f"a caller who does not sign must be refused, the answer was {status}")
    lines.append(f"POST /predict without a signature: {status}")


def _post(context: ScenarioContext, *, url: str, body: Any, signed: bool = True) -> tuple[int, Any]:
    here = url.startswith(f"{context.reach.endpoint}/")
    context.require(here, f"the API must be the rehearsal's, below {context.reach.endpoint}, its address is {url}")
    headers = {"Content-Type": "application/json"}
    request = botocore.awsrequest.AWSRequest(method="POST", url=url, headers=headers, data=json.dumps(body).encode())
    if signed:
        keys = botocore.credentials.Credentials(context.reach.account, context.reach.secret)
        botocore.auth.SigV4Auth(keys, _SERVICE, context.reach.region).add_auth(request)
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=_SECONDS)
    try:
        connection.request("POST", address.path, body=request.data, headers=dict(request.headers))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
