"""A stage's MLflow App, asked by MLflow's REST API: of that `yard` needs a few calls, and no library of its own.

Source: "REST API" in MLflow's documentation; how a request is signed and where it goes: sagemaker-mlflow 0.5.0.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from botocore.exceptions import ClientError

from modelyard.operations.aws import Aws
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import DENIED, Failure, code_of
from modelyard.operations.json_requests import JsonRequest

SERVICE = "sagemaker"
APP_HEADER = "x-sm-mlflow-app-arn"
# MLflow's own client for SageMaker follows it too, when an app is not where it is on AWS.
ENDPOINT = "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT"
SECONDS = 60
PAGE = 1000
FORBIDDEN = 403
ABSENT, TAKEN = "RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS"
Document = dict[str, Any]


class MlflowRefused(Failure):
    """MLflow's own error; `error_code` is its name, such as RESOURCE_DOES_NOT_EXIST."""

    def __init__(self, sentence: str, *, error_code: str) -> None:
        super().__init__(sentence)
        self.error_code = error_code


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackingApp:
    """An MLflow App, by its ARN."""

    aws: Aws
    arn: str

    def state(self) -> Document:
        """Return its name and its status; a status that may not be asked for is not known."""
        try:
            found = self.aws.client("sagemaker").describe_mlflow_app(Arn=self.arn)
        except ClientError as error:
            if code_of(error) not in DENIED:
                raise
            return {"app": self.arn, "status": "not known: it may not be described"}
        return {"app": found["Name"], "status": found["Status"]}

    def url(self) -> str:
        """Return an address by which a browser sees the app; it begins a session for five minutes.

        Raises:
            botocore.exceptions.ClientError: SageMaker refuses it, for instance to whoever may not.
        """
        made = self.aws.client("sagemaker").create_presigned_mlflow_app_url(Arn=self.arn)
        return str(made["AuthorizedUrl"])

    def get(self, path: str, **query: str) -> Document:
        """Return what a GET of `/api/2.0/mlflow/<path>` answers; raises as `post` does."""
        return self._ask("GET", f"{path}?{urlencode(query, quote_via=quote)}", document=None)

    def post(self, path: str, document: Mapping[str, Any]) -> Document:
        """Return what a POST of `/api/2.0/mlflow/<path>` answers.

        Raises:
            MlflowRefused: MLflow says why not.
            Failure: the app is not reached, the caller may not ask it, or what answers is no MLflow.
        """
        return self._ask("POST", path, document=document)

    def delete(self, path: str, document: Mapping[str, Any]) -> Document:
        """Return what a DELETE of `/api/2.0/mlflow/<path>` answers; raises as `post` does."""
        return self._ask("DELETE", path, document=document)

    def all(self, path: str, *, member: str, document: Mapping[str, Any]) -> Iterator[Document]:
        """Yield what a search by POST finds, page after page; raises as `post` does."""
        token = ""
        while True:
            asked = {**document, "max_results": PAGE, **({"page_token": token} if token else {})}
            answer = self.post(path, asked)
            yield from answer.get(member, [])
            token = answer.get("next_page_token", "")
            if not token:
                return

    def _ask(self, method: str, path: str, *, document: Mapping[str, Any] | None) -> Document:
        host = os.environ.get(ENDPOINT, f"https://mlflow.sagemaker.{self.aws.region}.app.aws")
        request = JsonRequest(
            method=method,
            url=f"{host}/api/2.0/mlflow/{path}",
            whose="the MLflow App",
            seconds=SECONDS,
            headers={APP_HEADER: self.arn},
            document=document,
        )
        answer = request.send(signed=(self.aws, SERVICE))
        read = answer.body
        if answer.status < 400:
            return dict(read)
        message = str(read.get("message", read))
        if answer.status == FORBIDDEN:
            raise Failure(f"MLflow refuses {path}: {message}; it takes sagemaker:CallMlflowAppApi on {self.arn}")
        raise MlflowRefused(f"MLflow refuses {path}: {message}", error_code=str(read.get("error_code", "")))


def tracking_app(deployment: Deployment) -> TrackingApp | None:
    """Return the app of a deployment's stage, or None where the stage, as it is deployed, does not track."""
    foundation = deployment.find("foundation")
    arn = None if foundation is None else foundation.outputs.get("TrackingAppArn")
    return None if arn is None else TrackingApp(aws=deployment.aws, arn=arn)
