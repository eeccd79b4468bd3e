"""Where the rules are kept: how often they are hit, and when they end."""

from datetime import UTC, datetime, timedelta

import pytest

from modelyard.rehearsal.cloud.faults import Faults
from modelyard.rehearsal.faults import Fault
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


def test_a_rule_is_hit_as_often_as_it_says() -> None:
    faults = Faults(now=Hands())
    faults.add(Fault(service="s3", error="SlowDown", times=2))
    assert [faults.match(**CALL) is None for _ in range(3)] == [False, False, True]
    (document,) = faults.documents()
    assert (document["hits"], document["over"]) == (2, True)


def test_a_rule_ends_on_the_clock_of_the_rehearsal() -> None:
    hands = Hands()
    faults = Faults(now=hands)
    faults.add(Fault(service="s3", error="SlowDown", seconds=60))
    assert faults.match(**CALL) is not None
    hands.now += timedelta(seconds=60)
    assert faults.match(**CALL) is None


def test_rules_that_were_cleared_match_nothing() -> None:
    faults = Faults(now=Hands())
    faults.add(SLOW)
    faults.clear()
    assert faults.match(**CALL) is None
    assert faults.documents() == []


def test_a_stacks_own_call_is_refused_by_a_rule_for_cloudformation() -> None:
    faults = Faults(now=Hands())
    faults.add(Fault(service="sagemaker", caller="cloudformation", error="InternalFailure"))
    with pytest.raises(ServiceError) as refused:
        faults.refuse(action="sagemaker:CreateModel", text="{}")
    assert (refused.value.code, refused.value.status) == ("InternalFailure", 500)
