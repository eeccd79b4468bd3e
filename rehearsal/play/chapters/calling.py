"""The chapter that asks the model as a stranger does: over HTTP, by the API in front of the endpoint."""

import http.client
import json
import urllib.parse
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from modelyard.rehearsal.play.scene import Scene

_SERVICE = "execute-api"
_SECONDS = 60


def ask_over_http(scene: Scene, found: list[str]) -> None:
    """Ask for a row, send one that is none, and tell what proved true."""
    told: dict[str, Any] = json.loads(scene.commands.yard("--json", "api", scene.model).text)
    found += [f"$ yard api {scene.model}", f"  {told['url']}, auth {told['auth']}"]
    inference = _predict(scene, told=told, found=found)
    _refuse(scene, told=told, found=found)
    status, noted = _post(scene, url=f"{told['url']}/feedback", body={"inferenceId": inference, "label": 1})
    scene.require(status == 202, f"feedback must be taken, it was answered with {status}: {noted}")
    found.append(f"POST /feedback: {status}, what proved true lies beside the captures")


def _predict(scene: Scene, *, told: Any, found: list[str]) -> str:
    status, answer = _post(scene, url=f"{told['url']}/predict", body=told["example"])
    scene.require(status == 200, f"the API must answer, it said {status}: {answer}")
    found.append(f"POST /predict: {status}, prediction {answer['prediction']}")
    return str(answer["inferenceId"])


def _refuse(scene: Scene, *, told: Any, found: list[str]) -> None:
    status, answer = _post(scene, url=f"{told['url']}/predict", body={"features": {"surprise": 1}})
    scene.require(status == 400, f"a row that is none must be refused, it was answered with {status}: {answer}")
    found.append(f"POST /predict with an unknown feature: {status}, {answer['message']}")
    status, _ = _post(scene, url=f"{told['url']}/predict", body=told["example"], signed=False)
    scene.require(status == 403, f"a caller who does not sign must be refused, the answer was {status}")
    found.append(f"POST /predict without a signature: {status}")


def _post(scene: Scene, *, url: str, body: Any, signed: bool = True) -> tuple[int, Any]:
    here = url.startswith(f"{scene.reach.endpoint}/")
    scene.require(here, f"the API must be the rehearsal's, below {scene.reach.endpoint}, its address is {url}")
    headers = {"Content-Type": "application/json"}
    request = botocore.awsrequest.AWSRequest(method="POST", url=url, headers=headers, data=json.dumps(body).encode())
    if signed:
        keys = botocore.credentials.Credentials(scene.reach.account, scene.reach.secret)
        botocore.auth.SigV4Auth(keys, _SERVICE, scene.reach.region).add_auth(request)
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=_SECONDS)
    try:
        connection.request("POST", address.path, body=request.data, headers=dict(request.headers))
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()
