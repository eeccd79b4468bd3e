"""The rules of what is to go wrong: which there may be, and which calls they match."""

from typing import Any

import pytest

from modelyard.rehearsal.faults import Fault, FaultError

SLOW = Fault(service="s3", operation="PutObject", error="SlowDown")
CALL = {"action": "s3:PutObject", "caller": "arn:aws:sts::1:assumed-role/a-role/SageMaker", "text": "/bucket/capture/x"}


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"service": "", "error": "X"}, "service must name one"),
        ({"service": "s3"}, "error, drop or delay must be given"),
        ({"service": "s3", "error": "X", "drop": True}, "answered with X or dropped, got both"),
        ({"service": "s3", "delay": -1.0}, "delay must be 0 s or more and at most 3600, got -1"),
        ({"service": "s3", "error": "X", "times": 0}, "times must be above 0 and at most 1000000000, got 0"),
        (
            {"service": "s3", "error": "X", "seconds": float("nan")},
            "seconds must be above 0 and at most 31622400, got nan",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_a_sentence(rule: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FaultError, match=sentence):
        Fault(**rule)


@pytest.mark.parametrize(
    "document", [{"service": "s3", "eror": "X"}, {"error": "X"}, {"service": "s3", "times": "x", "error": "X"}]
)
def test_a_document_that_is_no_rule_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(FaultError, match=r"a fault must have|times must be a whole number or left out, got str"):
        Fault.read(document)


def test_a_rule_is_read_as_it_was_written() -> None:
    assert Fault.read(SLOW.document) == SLOW


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ({}, True),
        ({"operation": "PutObject"}, True),
        ({"operation": "GetObject"}, False),
        ({"service": "kms"}, False),
        ({"caller": "a-role"}, True),
        ({"caller": "root"}, False),
        ({"contains": "/capture/"}, True),
        ({"contains": "/training/"}, False),
    ],
)
def test_a_rule_matches_the_calls_that_it_names(rule: dict[str, Any], *, meant: bool) -> None:
    assert Fault(**{"service": "s3", "error": "SlowDown", **rule}).matches(**CALL) is meant


@pytest.mark.parametrize(("error", "status"), [("SlowDown", 503), ("InternalError", 500), ("ValidationException", 400)])
def test_an_error_has_the_status_that_aws_gives_it(error: str, status: int) -> None:
    assert Fault(service="s3", error=error).status == status


@pytest.mark.parametrize(
    ("error", "message"),
    [("Throttling", "Rate exceeded"), ("SlowDown", "SlowDown: as this rehearsal was told to answer")],
)
def test_an_error_says_that_a_rule_gives_it(error: str, message: str) -> None:
    assert Fault(service="s3", error=error).message == message
