"""Records by hand: a life of one step, with the calls, events and histories of a test."""

from collections.abc import Sequence
from typing import Any

from modelyard.operations.certification.record import Call, Event, History, Record, Resource, Step


def call(operation: str = "DescribeModel", /, *, service: str = "sagemaker", **members: Any) -> Call:
    """A call that was answered, or one that was refused where a code is given."""
    refused = "code" in members
    defaults: dict[str, Any] = {
        "parameters": {},
        "status": 400 if refused else 200,
        "answer": None if refused else {},
        "code": None,
        "text": None,
    }
    return Call(service=service, operation=operation, **{**defaults, **members})


def event(status: str, reason: str = "", *, resource: str = "Data") -> Event:
    return Event(stack="foundation", resource=resource, kind="AWS::S3::Bucket", status=status, reason=reason)


def record(
    *,
    calls: Sequence[Call] = (),
    events: Sequence[Event] = (),
    histories: Sequence[History] = (),
    resources: Sequence[Resource] = (),
    name: str = "training",
    **members: Any,
) -> Record:
    step = Step(name=name, outcome="done", calls=list(calls), events=list(events), histories=list(histories))
    given: dict[str, Any] = {
        "release": "1",
        "sdk": "1",
        "manifest": "abc",
        "max_dollars": 1.0,
        "max_minutes": 1.0,
        "dollars": 0.0,
        "minutes": 0.0,
        "ended": "whole",
        "steps": (step,),
        "resources": tuple(resources),
    }
    return Record(**{**given, **members})
