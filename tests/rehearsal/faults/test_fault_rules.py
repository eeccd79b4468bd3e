"""The rules of what is to go wrong: what they mean, and when they end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelyard.rehearsal.cloud.faults import Faults
from modelyard.rehearsal.faults import Fault, FaultError
from modelyard.rehearsal.sagemaker.errors import ServiceError

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOW = Fault(service="s3", operation="PutObject", error="SlowDown")
CALL = {"action": "s3:PutObject", "caller": "arn:aws:sts::1:assumed-role/a-role/SageMaker", "text": "/bucket/capture/x"}


class Hands:
    """A clock whose hands a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


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
        ({"about": "/capture/"}, True),
        ({"about": "/training/"}, False),
    ],
)
def test_a_rule_means_the_calls_that_it_names(rule: dict[str, Any], *, meant: bool) -> None:
    assert Fault(**{"service": "s3", "error": "SlowDown", **rule}).means(**CALL) is meant


@pytest.mark.parametrize(("error", "status"), [("SlowDown", 503), ("InternalError", 500), ("ValidationException", 400)])
def test_an_error_has_the_status_that_aws_gives_it(error: str, status: int) -> None:
    assert Fault(service="s3", error=error).status == status


def test_a_rule_strikes_as_often_as_it_says() -> None:
    faults = Faults(now=Hands())
    faults.add(Fault(service="s3", error="SlowDown", times=2))
    assert [faults.strike(**CALL) is None for _ in range(3)] == [False, False, True]
    (document,) = faults.documents()
    assert (document["struck"], document["over"]) == (2, True)


def test_a_rule_ends_on_the_clock_of_the_rehearsal() -> None:
    hands = Hands()
    faults = Faults(now=hands)
    faults.add(Fault(service="s3", error="SlowDown", seconds=60))
    assert faults.strike(**CALL) is not None
    hands.now += timedelta(seconds=60)
    assert faults.strike(**CALL) is None


def test_without_rules_nobody_is_asked() -> None:
    faults = Faults(now=Hands())
    faults.add(SLOW)
    assert faults.set
    faults.clear()
    assert not faults.set


def test_a_stacks_own_call_is_refused_by_a_rule_for_cloudformation() -> None:
    faults = Faults(now=Hands())
    faults.add(Fault(service="sagemaker", caller="cloudformation", error="InternalFailure"))
    with pytest.raises(ServiceError) as refused:
        faults.refuse(action="sagemaker:CreateModel", text="{}")
    assert (refused.value.code, refused.value.status) == ("InternalFailure", 500)
