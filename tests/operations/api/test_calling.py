"""What `yard api` knows without AWS: the OpenAPI document, the line for curl, and rows from records."""

import json
import re
import subprocess
from typing import Any

import jsonschema
import pytest

from modelyard.manifest import Model
from modelyard.manifest.api import Api, Features
from modelyard.manifest.api_schema import predict_schema
from modelyard.manifest.reading import read_model
from modelyard.operations.api.calling import curl, example, row
from modelyard.operations.api.openapi import openapi
from modelyard.operations.costs.estimate import costs_of
from modelyard.operations.costs.prices import shipped
from modelyard.operations.failures import Failure
from support.synth import ROOT

URL = "https://abc123.execute-api.eu-west-1.amazonaws.com/v1"
FEATURES = (
    Features(names=("mins",), minimum=0.0, maximum=0.5),
    Features(names=("calls",), type="integer", minimum=3.0),
    Features(names=("plan",), type="text", values=("small", "large")),
    Features(names=("note",), type="text", default=""),
)


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


def test_the_example_is_one_that_the_api_takes() -> None:
    assert example(api()) == {"features": {"mins": 0.5, "calls": 3, "plan": "small"}}
    jsonschema.Draft4Validator(predict_schema(api())).validate(example(api()))


@pytest.mark.parametrize(
    ("auth", "shown"),
    [
        ("iam", '--aws-sigv4 aws:amz:eu-west-1:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'),
        ("api-key", '"X-Api-Key: $(aws apigateway get-api-key --api-key key1 --include-value'),
        ("jwt", '"Authorization: $TOKEN"'),
    ],
)
def test_the_line_for_curl_shows_who_calls(auth: str, shown: str) -> None:
    table = {"auth": auth, "scopes": ()}
    assert shown in curl(api(**table), url=URL, region="eu-west-1", key_id="key1")


def test_the_line_for_curl_is_one_that_a_shell_can_read() -> None:
    line = curl(api(), url=URL, region="eu-west-1", key_id=None)
    assert subprocess.run(["/bin/sh", "-n", "-c", line], check=False).returncode == 0


def test_a_record_becomes_a_row() -> None:
    assert row(api(), cells=["0.25", "4", "large", "x"]) == {
        "features": {"mins": 0.25, "calls": 4, "plan": "large", "note": "x"}
    }


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["0.25"], r"\[api\] must declare the 1 columns of a row, got 4; complete it"),
        (["much", "4", "large", ""], "mins must be a number, got 'much'; correct the record or the features"),
        (["0.25", "4.5", "large", ""], "calls must be a number, got '4.5'; correct the record or the features"),
    ],
)
def test_a_record_that_is_no_row_is_refused(cells: list[str], sentence: str) -> None:
    with pytest.raises(Failure, match=sentence):
        row(api(), cells=cells)


def test_requests_cost_at_most_what_the_throttle_lets_through(churn: Model) -> None:
    (cost,) = [one for one in costs_of(model=churn, prices=shipped(), stored_bytes=None) if one.what == "api"]
    assert cost.least == 0
    assert cost.most == pytest.approx(50 * 730 * 3600 / 1e6 * 3.50)
