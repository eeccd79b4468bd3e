import json
import re
from typing import Any

import jsonschema
import pytest

from modelyard.manifest import Model
from modelyard.manifest.api import Api, Features, Review
from modelyard.manifest.api_schema import predict_schema
from modelyard.manifest.reading import read_model
from modelyard.operations.api.openapi import openapi
from support.synth import ROOT

URL = "https://abc123.execute-api.eu-west-1.amazonaws.com/v1"
FEATURES = (Features(names=("mins",)), Features(names=("plan",), type="text", values=("small", "large")))


@pytest.fixture(scope="module")
def churn() -> Model:
    return read_model(ROOT / "models" / "churn.toml")


def api(**table: Any) -> Api:
    return Api(**{"features": FEATURES, **table})


def document(model: Model, **table: Any) -> dict[str, Any]:
    return openapi(model, api=api(**table), url=URL)


@pytest.mark.parametrize("answer", ["number", "numbers", "text"])
def test_every_schema_of_the_document_is_one(churn: Model, answer: str) -> None:
    made = document(churn, answer=answer)
    bodies = [one["post"]["requestBody"] for one in made["paths"].values()]
    replies = [reply for one in made["paths"].values() for reply in one["post"]["responses"].values()]
    for content in (*bodies, *replies):
        jsonschema.Draft4Validator.check_schema(content["content"]["application/json"]["schema"])


def test_every_reference_of_the_document_leads_to_a_schema_of_it(churn: Model) -> None:
    made = document(churn)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(made)))
    assert named == set(made["components"]["schemas"])


@pytest.mark.parametrize("auth", ["iam", "api-key", "jwt"])
def test_the_document_says_how_a_caller_shows_who_it_is(churn: Model, auth: str) -> None:
    made = document(churn, auth=auth)
    assert made["security"] == [{auth: []}]
    assert list(made["components"]["securitySchemes"]) == [auth]


def test_the_document_has_the_address_and_every_operation(churn: Model) -> None:
    made = document(churn)
    assert made["servers"] == [{"url": URL}]
    assert list(made["paths"]) == ["/predict", "/predict/batch", "/feedback"]


def test_an_operation_takes_what_api_gateway_validates_by(churn: Model) -> None:
    body = document(churn)["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == predict_schema(api())


def test_what_is_held_back_for_review_is_described(churn: Model) -> None:
    paths = document(churn, review=Review(below=0.8))["paths"]
    held = paths["/predict"]["post"]["responses"]["202"]
    assert held["description"] == "Held for review, for the answer is less certain than 0.8"
    assert held["content"]["application/json"]["schema"]["required"] == ["inferenceId", "held"]
    several = paths["/predict/batch"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert several["properties"]["predictions"]["items"]["nullable"] is True
    assert paths["/predict/{inferenceId}"]["get"]["responses"].keys() >= {"200", "404"}
    assert "202" not in document(churn)["paths"]["/predict"]["post"]["responses"]
