"""What schedules and rules start, they start as their role: without the permission nothing starts, as on AWS.

Source: "Amazon EventBridge Scheduler: execution role" in the EventBridge Scheduler user guide.
"""

import logging
from typing import Any

from ministack.services import eventbridge

from rehearsal.cloud.identities import Identities
from rehearsal.sagemaker.errors import ServiceError

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
            return invoke(target, event, rule, view)

        eventbridge._invoke_target = as_role

    def _require(self, *, target: Any, event: Any) -> None:
        arn = target.get("Arn", "")
        if ":states:" not in arn:
            return
        scheduled = event.get("Source") == "aws.scheduler"
        principal = "scheduler.amazonaws.com" if scheduled else "events.amazonaws.com"
        credentials = self._identities.assume(role_arn=target.get("RoleArn", ""), principal=principal)
        self._identities.require(credentials=credentials, action="states:StartExecution", resource=arn)
