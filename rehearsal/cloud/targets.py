"""What schedules and rules start, they start as their role: without the permission nothing starts, as on AWS.

Source: "Setting up the execution role" and "Adding context attributes" in the EventBridge Scheduler user guide.
"""

import logging
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge

from modelyard.rehearsal.cloud.identities import Identities
from modelyard.rehearsal.sagemaker.errors import ServiceError

SCHEDULER = "aws.scheduler"
_logger = logging.getLogger(__name__)


class Targets:
    """The targets of all schedules and rules of an account."""

    def __init__(self, *, identities: Identities) -> None:
        self._identities = identities

    def install(self) -> None:
        """Have MiniStack ask before it starts a state machine."""
        invoke = eventbridge._invoke_target

        def as_role(target: Any, event: Any, rule: Any, view: Any = None) -> Any:
            try:
                self._require(target=target, event=event)
            except ServiceError as error:
                _logger.warning("%s was not started: %s", target["Arn"], error.message)
                return None
            return invoke(_told(target=target, event=event), event, rule, view)

        eventbridge._invoke_target = as_role

    def _require(self, *, target: Any, event: Any) -> None:
        arn = target.get("Arn", "")
        if ":states:" not in arn:
            return
        scheduled = event.get("Source") == SCHEDULER
        principal = "scheduler.amazonaws.com" if scheduled else "events.amazonaws.com"
        credentials = self._identities.assume(role_arn=target.get("RoleArn", ""), principal=principal)
        self._identities.require(credentials=credentials, action="states:StartExecution", resource=arn)


def _told(*, target: Any, event: Any) -> Any:
    """Return a target whose input says what a schedule lets it ask for; MiniStack leaves the questions in."""
    if event.get("Source") != SCHEDULER or "Input" not in target:
        return target
    moment = datetime.fromtimestamp(event["Time"], UTC).replace(second=0)
    attributes = {
        "scheduled-time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "schedule-arn": event["Resources"][0],
        "execution-id": event["EventId"],
        "attempt-number": "1",
    }
    text = target["Input"]
    for name, value in attributes.items():
        text = text.replace(f"<{SCHEDULER}.{name}>", value)
    return {**target, "Input": text}
