import json
from typing import Any

import pytest

from modelyard.template_checks import check_templates
from modelyard.template_checks.template import Template
from support.templates import resource


def said_of_body(body: dict[str, Any]) -> list[str]:
    return [problem.sentence for problem in check_templates([Template(name="stack", body=body)])]


def many(count: int) -> dict[str, Any]:
    return {f"R{number}": resource("AWS::SNS::Topic") for number in range(count)}


def of_bytes(size: int) -> dict[str, Any]:
    empty = len(json.dumps({"Description": ""}))
    return {"Description": "x" * (size - empty)}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"Resources": many(501)}, "Resources must be at most 500 in one template, got 501"),
        (
            {"Outputs": {f"O{number}": {} for number in range(201)}},
            "Outputs must be at most 200 in one template, got 201",
        ),
        (of_bytes(1_000_001), "Bytes must be at most 1000000 in one template, got 1000001"),
    ],
)
def test_s18_refuses_a_template_that_cloudformation_does_not_take(body: dict[str, Any], sentence: str) -> None:
    said = said_of_body(body)

    assert said == [f"S18 {sentence} in stack; split the stack"]


@pytest.mark.parametrize(
    "body",
    [
        {"Resources": many(500)},
        {"Outputs": {f"O{number}": {} for number in range(200)}},
        of_bytes(1_000_000),
        {},
    ],
)
def test_s18_takes_a_template_that_cloudformation_takes(body: dict[str, Any]) -> None:
    said = said_of_body(body)

    assert said == []
