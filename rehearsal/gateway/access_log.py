"""The access log of a stage: one event for each request, in the form that its template gives.

Source: API Gateway developer guide, "Variables for access logging for API Gateway".
"""

import contextlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

VARIABLE = re.compile(r"\$(?:\{(context(?:\.\w+)+)\}|(context(?:\.[A-Za-z]\w*)+))")


def line(form: str, *, context: Mapping[str, Any]) -> str:
    """Return an event: the form with its variables replaced; one that has no value is a hyphen."""

    def value_of(variable: re.Match[str]) -> str:
        value: Any = context
        for name in (variable[1] or variable[2]).split(".")[1:]:
            value = value.get(name) if isinstance(value, Mapping) else None
        return "-" if value in (None, "") else str(value)

    return VARIABLE.sub(value_of, form)


def write(client: Any, *, group: str, stream: str, event: str, moment: datetime) -> None:
    """Put an event into a stream of a log group, which is made when it is not there yet."""
    with contextlib.suppress(client.exceptions.ResourceAlreadyExistsException):
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    events = [{"timestamp": int(moment.timestamp() * 1000), "message": event}]
    client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
