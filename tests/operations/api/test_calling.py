"""The line for curl, and rows from records: what is known without AWS."""

import subprocess
from typing import Any

import jsonschema
import pytest

from modelyard.manifest.api import Api, Features
from modelyard.manifest.api_schema import predict_schema
from modelyard.operations.api.calling import curl, example, row
from modelyard.operations.failures import Failure

URL = "https://abc123.execute-api.eu-west-1.amazonaws.com/v1"
FEATURES = (
    Features(names=("mins",), minimum=0.0, maximum=0.5),
    Features(names=("calls",), type="integer", minimum=3.0),
    Features(names=("plan",), type="text", values=("small", "large")),
    Features(names=("note",), type="text", default=""),
)


def api(**table: Any) -> Api:
    return Api(**{"features": FEATURES, **table})


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


def test_an_empty_cell_is_left_out_of_a_row_where_it_may_be() -> None:
    features = (Features(names=("mins", "calls"), default=""), Features(names=("plan",), type="text"))
    made = Api(features=features)
    assert row(made, cells=["", "3", ""]) == {"features": {"calls": 3.0, "plan": ""}}
    jsonschema.Draft4Validator(predict_schema(made)).validate(row(made, cells=["", "3", "large"]))


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
