"""The sentences of an API that asks nobody."""

import json
import re

import pytest

from modelyard.constructs.rest_api.refusals import REFUSALS, Refusal

VARIABLE = re.compile(r"\$context\.error\.messageString")


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_json_with_a_sentence_and_the_id_of_the_request(refusal: Refusal) -> None:
    body = json.loads(VARIABLE.sub('"a sentence of AWS"', refusal.body))

    assert {"message", "requestId"} <= set(body) <= {"message", "details", "requestId"}
    assert len(body["message"]) > 10
    assert body["requestId"] == "$context.requestId"


def test_what_has_no_refusal_of_its_own_is_answered_as_the_defaults_say() -> None:
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= set(REFUSALS)
    assert REFUSALS["DEFAULT_4XX"].status is None


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("UNSUPPORTED_MEDIA_TYPE", "415"),
        ("THROTTLED", "429"),
        ("QUOTA_EXCEEDED", "429"),
        ("INTEGRATION_TIMEOUT", "504"),
    ],
)
def test_a_status_says_who_must_do_something(kind: str, status: str) -> None:
    assert REFUSALS[kind].status == status
