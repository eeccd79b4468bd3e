"""The operations of the API: what each takes, which service it calls and how, and its replies.

An integration answers by the HTTP status of the service that it asks, one answer for each status of the API: what has
no status of its own is a failure behind the API, and 502.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk

from modelyard.constructs.rest_api import templates
from modelyard.manifest import Model
from modelyard.manifest.answer import CSV, Answer
from modelyard.manifest.api import Api
from modelyard.manifest.api_schema import Schema, batch_schema, feedback_schema, predict_schema

# AWS's limit where no other was asked for (developer guide, "Quotas"): a model that takes longer answers nobody.
TIMEOUT_MILLISECONDS = 29_000
JSON = "application/json"
INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
ELSE = "502"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer: its status, which of the service's statuses it stands for (None for all others), and its body."""

    status: str
    of: str | None
    template: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One operation of the API. `parameters` go into the request that the service gets, with the service's `method`.

    Callers POST a body of the schema; an operation without one is a GET.
    """

    path: str
    name: str
    schema: Schema | None
    service: str
    method: str
    template: str
    parameters: Mapping[str, str]
    replies: tuple[Reply, ...]

    @property
    def asked_by(self) -> str:
        """The method of the API."""
        return "GET" if self.schema is None else "POST"

    @property
    def uri(self) -> str:
        """The service as an integration names it."""
        return f"arn:{cdk.Aws.PARTITION}:apigateway:{cdk.Aws.REGION}:{self.service}"


def predict(api: Api, *, endpoint: str, answer: Answer | None = None) -> Operation:
    """Return the operation that takes one row and returns its prediction."""
    return _invocation(
        path="predict",
        name="Predict",
        schema=predict_schema(api),
        endpoint=endpoint,
        request=templates.row_template(api),
        response=templates.prediction_template(api, answer=answer),
        accept=CSV if answer is None else answer.content_type,
    )


def predict_batch(api: Api, *, endpoint: str, answer: Answer | None = None) -> Operation:
    """Several rows, a prediction for each."""
    return _invocation(
        path="predict/batch",
        name="PredictBatch",
        schema=batch_schema(api),
        endpoint=endpoint,
        request=templates.rows_template(api),
        response=templates.predictions_template(api, answer=answer),
        accept=CSV if answer is None else answer.content_type,
    )


def feedback(api: Api, *, model: Model, bucket: str, endpoint: str) -> Operation:
    """Return the operation that writes ground truth: an object for each label, where the merge reads it."""
    folder = f"{model.layout.ground_truth}/{endpoint}"
    parts = [*templates.TIME_PARTS, "name"]
    places = {f"integration.request.path.{part}": "'unset'" for part in parts}
    return Operation(
        path="feedback",
        name="Feedback",
        schema=feedback_schema(api),
        service=f"s3:path/{bucket}/{folder}/{'/'.join(f'{{{part}}}' for part in parts)}",
        method="PUT",
        template=templates.ground_truth_template(),
        parameters=places,
        replies=(
            Reply(status="202", of="200", template=templates.message_template("Noted")),
            Reply(status=ELSE, of=None, template=templates.message_template("The label could not be noted")),
        ),
    )


def reviewed(*, model: Model, bucket: str, endpoint: str) -> Operation:
    """Return the operation that answers what a person has decided on an answer that was held back.

    S3 says 403 for an object that there is not, to whoever may not list the bucket (API reference, GetObject).
    """
    none = "There is no review of this inference, or not yet"
    return Operation(
        path=f"predict/{{{templates.ID_PARAMETER}}}",
        name="Reviewed",
        schema=None,
        service=f"s3:path/{bucket}/{model.layout.reviewed}/{endpoint}/{{name}}",
        method="GET",
        template=templates.review_place_template(),
        parameters={"integration.request.path.name": "'unset'"},
        replies=(
            Reply(status="200", of="200", template="$input.body"),
            Reply(status="404", of="40[34]", template=templates.message_template(none)),
            Reply(status=ELSE, of=None, template=templates.message_template("The review could not be read")),
        ),
    )


def _invocation(
    *, path: str, name: str, schema: Schema, endpoint: str, request: str, response: str, accept: str
) -> Operation:
    headers = {"Content-Type": f"'{CSV}'", "Accept": f"'{accept}'", INFERENCE_ID: "context.extendedRequestId"}
    return Operation(
        path=path,
        name=name,
        schema=schema,
        service=f"runtime.sagemaker:path/endpoints/{endpoint}/invocations",
        method="POST",
        template=request,
        parameters={f"integration.request.header.{header}": value for header, value in headers.items()},
        replies=(
            Reply(status="200", of="200", template=response),
            Reply(status="429", of="429", template=templates.message_template("The endpoint is asked too often")),
            Reply(status="503", of="503", template=templates.message_template("The endpoint has no room now")),
            Reply(status=ELSE, of=None, template=templates.refusal_template()),
        ),
    )


def content_of(operation: Operation) -> dict[str, Any]:
    """Return all that a deployment fixes of an operation, for its fingerprint."""
    return {
        "path": operation.path,
        "schema": operation.schema,
        "uri": operation.uri,
        "template": operation.template,
        "parameters": dict(operation.parameters),
        "replies": [[one.status, one.of, one.template] for one in operation.replies],
    }
