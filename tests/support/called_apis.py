"""APIs in front of an endpoint of the local AWS: the stack that the app makes, called over HTTP as callers do."""

import http.client
import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from support.cloudformation import Stacks
from support.endpoints import Endpoints, variant
from support.local_aws import allow
from support.manifests import synthesize_text

# Answers the first cell of each row times the weight; some rows make it misbehave.
MODEL = """
    import pathlib, time

    def model_fn(model_dir):
        return float(pathlib.Path(model_dir, "weight").read_text())

    def transform_fn(model, body, content_type, accept):
        rows = [line.split(",") for line in body.splitlines()]
        for cells in rows:
            if float(cells[0]) == 500:
                raise RuntimeError("the model is lost")
            if float(cells[0]) == 29:
                time.sleep(3)
        if float(rows[0][0]) == 404:
            return "nan", "text/csv"
        return "\\n".join(str(float(cells[0]) * model) for cells in rows) + "\\n", "text/csv"
"""
MANIFEST = """
name = "called"

[serving]
container = "sklearn:1.9-0"
script = "churn_forest/train.py"
instance = "ml.m5.large"
capture = {{ sampling_percentage = 100 }}
[[serving.variants]]
name = "primary"
model = "called/training/run/job/output/model.tar.gz"

[api]
batch_rows = 3
{api}
[[api.features]]
names = ["mins"]
minimum = 0
maximum = 1000
[[api.features]]
names = ["calls"]
type = "integer"
[[api.features]]
names = ["plan"]
type = "text"
values = ["small", "large"]
default = "small"
"""
GOOD = {"features": {"mins": 2.5, "calls": 4, "plan": "large"}}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(kw_only=True)
class Api:
    """A deployed API, and how its caller shows who it is; `signed_by` may be another client's credentials."""

    host: Endpoints
    stack: str
    outputs: Mapping[str, str]
    endpoint: str
    headers: dict[str, str] = field(default_factory=dict)
    signed_by: Any = None

    def post(self, path: str, document: Any, **headers: str) -> Answer:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self._send(path, body=body, headers={"Content-Type": "application/json", **self.headers, **headers})

    def get(self, path: str) -> Answer:
        return self._send(path, body=None, headers=self.headers)

    def access_log(self) -> list[Any]:
        """Return the newest stream's events, each read from JSON."""
        logs = self.host.aws.client("logs")
        events = logs.filter_log_events(logGroupName=self.outputs["AccessLogGroup"])["events"]
        return [json.loads(event["message"]) for event in events]

    def _send(self, path: str, *, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        url = f"{self.outputs['ApiUrl']}/{path}"
        method = "GET" if body is None else "POST"
        request = botocore.awsrequest.AWSRequest(method=method, url=url, headers=dict(headers), data=body)
        if self.signed_by is not None:
            region = self.host.aws.connection.region
            botocore.auth.SigV4Auth(self.signed_by, "execute-api", region).add_auth(request)
        address = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
        connection.request(method, address.path, body=body, headers=dict(request.headers))
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        lowered = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(status=answer.status, headers=lowered, body=json.loads(text) if text else None)


@dataclass(kw_only=True)
class CalledApis:
    """An endpoint, and APIs in front of it that differ in who may call."""

    host: Endpoints
    stacks: Stacks
    folder: Path
    endpoint: str = ""

    def __post_init__(self) -> None:
        capture = {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{self.host.bucket}/capture",
            "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        }
        model = self.host.model("3", program=MODEL)
        self.endpoint = self.host.endpoint(self.host.config(variant(model), DataCaptureConfig=capture))
        self.give_log_role()

    def deploy(self, api: str = "", *, serving: str = "", stages: str = "[dev]\n", timeout_millis: int = 29_000) -> Api:
        """Deploy the app's stack of an API, for this endpoint and bucket."""
        return self.deployed(self.resources(api, serving=serving, stages=stages, timeout_millis=timeout_millis))

    def deployed(self, resources: Mapping[str, Any]) -> Api:
        """Deploy the resources of an API, as `resources` gives them or changed."""
        name = self.stacks.create(resources, Outputs=self._outputs)
        described = self.stacks.client.describe_stacks(StackName=name)["Stacks"][0]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}
        return Api(host=self.host, stack=name, outputs=outputs, endpoint=self.endpoint)

    def resources(
        self, api: str = "", *, serving: str = "", stages: str = "[dev]\n", timeout_millis: int = 29_000
    ) -> dict[str, Any]:
        """The stack's resources, with what is another stack's in its place."""
        self.folder.mkdir(exist_ok=True)
        manifest = MANIFEST.format(api=api).replace("[[serving.variants]]", f"{serving}\n[[serving.variants]]")
        template = synthesize_text(self.folder, manifest, stages=stages).templates["dev-called-api"]
        text = json.dumps(self._placed(template)).replace("dev-called", self.endpoint)
        placed = json.loads(text.replace('"TimeoutInMillis": 29000', f'"TimeoutInMillis": {timeout_millis}'))
        self._outputs: dict[str, Any] = placed["Outputs"]
        resources: dict[str, Any] = placed["Resources"]
        # Two stacks of a test may stand in front of one endpoint, whose access logs have one name.
        for resource in resources.values():
            if str(resource["Properties"].get("LogGroupName", "")).startswith("/aws/apigateway/"):
                resource["Properties"]["LogGroupName"] = f"/aws/apigateway/{self.host.aws.name('log')}"
        return resources

    def _placed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._placed(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "Fn::ImportValue" in value:
            return self._imported(value["Fn::ImportValue"])
        return {key: self._placed(one) for key, one in value.items()}

    def _imported(self, export: str) -> str:
        if "Key" in export:
            return "arn:aws:kms:us-east-1:111122223333:key/test"
        return f"arn:aws:s3:::{self.host.bucket}" if "FnGetAtt" in export else self.host.bucket

    def give_log_role(self) -> None:
        role = self.host.aws.role(statements=[allow("logs:*")], service="apigateway.amazonaws.com")
        operations = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
        self.host.aws.client("apigateway").update_account(patchOperations=operations)


def credentials_of(client: Any) -> botocore.credentials.Credentials:
    """What a client signs with."""
    found = client._request_signer._credentials.get_frozen_credentials()
    return botocore.credentials.Credentials(found.access_key, found.secret_key, found.token)
