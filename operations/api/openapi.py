"""The OpenAPI document of a model's API, from the schemas by which API Gateway validates.

Source: OpenAPI Specification 3.0.3; security schemes as API Gateway's guide has them ("Work with REST APIs").
"""

from typing import Any

from modelyard.manifest import Model
from modelyard.manifest.api import Api
from modelyard.manifest.api_schema import (
    INFERENCE_ID,
    Schema,
    batch_schema,
    feedback_schema,
    label_schema,
    predict_schema,
    prediction_schema,
)

VERSION = "3.0.3"
JSON = "application/json"
SECONDS = 29
REFUSALS = {
    "400": "The body is not what the operation takes; `details` says why",
    "403": "The caller may not call, or there is no such operation",
    "415": "The body is not JSON",
    "429": "Too many requests: send fewer a second",
    "502": "The model failed, or could not be asked",
    "503": "The endpoint has no room now: try again",
    "504": f"The model did not answer within {SECONDS} seconds",
}
REFUSAL: Schema = {
    "type": "object",
    "required": ["message", "requestId"],
    "properties": {name: {"type": "string"} for name in ("message", "requestId", "details", "modelStatus")},
}
NOTED: Schema = {"type": "object", "properties": {"message": {"type": "string"}, "requestId": {"type": "string"}}}
# Those of a body, which a GET has not, and of an endpoint, which it does not ask.
BODY_REFUSALS = frozenset({"400", "415", "503"})
SECURITY: dict[str, Schema] = {
    "iam": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"},
    "api-key": {"type": "apiKey", "name": "X-Api-Key", "in": "header"},
    "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}


def openapi(model: Model, *, api: Api, url: str) -> dict[str, Any]:
    """Return the document of a model's API at an address."""
    one = {"$ref": "#/components/schemas/Prediction"}
    # One that is held back is null: there is no id of its own under which a row of several could be reviewed.
    several = {"type": "array", "items": one if api.review is None else {"nullable": True, "allOf": [one]}}
    paths = {
        "/predict": _operation(
            "predict",
            summary="Ask for one row",
            body=predict_schema(api),
            answered=("200", "The prediction", _answer({"prediction": one})),
            held=None if api.review is None else _held(api.review.below),
        ),
        "/predict/batch": _operation(
            "predictBatch",
            summary=f"Ask for up to {api.batch_rows} rows",
            body=batch_schema(api),
            answered=("200", "A prediction for each row", _answer({"predictions": several})),
        ),
    }
    if model.takes_feedback:
        paths["/feedback"] = _operation(
            "feedback",
            summary="Send the ground truth of an answer to /predict",
            body=feedback_schema(api),
            answered=("202", "Noted", NOTED),
        )
    if api.review is not None:
        paths["/predict/{inferenceId}"] = _review(api)
    return {
        "openapi": VERSION,
        "info": {"title": model.name, "version": "1", "description": f"Predictions of the model {model.name}"},
        "servers": [{"url": url}],
        "security": [{api.auth: []}],
        "paths": paths,
        "components": {
            "securitySchemes": {api.auth: SECURITY[api.auth]},
            "schemas": {"Refusal": REFUSAL, "Prediction": prediction_schema(api)},
        },
    }


def _operation(
    name: str,
    *,
    summary: str,
    body: Schema,
    answered: tuple[str, str, Schema],
    held: dict[str, Any] | None = None,
) -> dict[str, Any]:
    status, said, schema = answered
    refused = {"$ref": "#/components/schemas/Refusal"}
    return {
        "post": {
            "operationId": name,
            "summary": summary,
            "requestBody": {"required": True, **_content(body)},
            "responses": {
                status: {"description": said, **_content(schema)},
                **({} if held is None else {"202": held}),
                **{code: {"description": words, **_content(refused)} for code, words in REFUSALS.items()},
            },
        }
    }


def _answer(properties: Schema) -> Schema:
    identity = {
        "type": "string",
        "pattern": INFERENCE_ID,
        "description": "Which answer the ground truth of /feedback is about",
    }
    return {
        "type": "object",
        "required": ["inferenceId", *properties],
        "properties": {"inferenceId": identity, **properties},
    }


def _held(below: float) -> dict[str, Any]:
    said = f"Held for review, for the answer is less certain than {below:g}"
    return {"description": said, **_content(_answer({"held": {"type": "boolean", "enum": [True]}}))}


def _review(api: Api) -> dict[str, Any]:
    refused = {"$ref": "#/components/schemas/Refusal"}
    identity = {"name": "inferenceId", "in": "path", "required": True, "schema": {"type": "string"}}
    codes = {code: words for code, words in REFUSALS.items() if code not in BODY_REFUSALS}
    return {
        "get": {
            "operationId": "reviewed",
            "summary": "Ask what a person has decided on an answer that was held back",
            "parameters": [identity],
            "responses": {
                "200": {"description": "The label", **_content(_answer({"label": label_schema(api)}))},
                **{
                    code: {"description": words, **_content(refused)}
                    for code, words in {**codes, "404": "There is no review, or not yet"}.items()
                },
            },
        }
    }


def _content(schema: Schema) -> dict[str, Any]:
    return {"content": {JSON: {"schema": schema}}}
