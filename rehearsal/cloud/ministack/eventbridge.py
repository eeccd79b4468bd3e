"""MiniStack's EventBridge and Scheduler: what they start, they start as a role, and by the rehearsal's clock.

Without the permission nothing starts, as on AWS.

Source: "Setting up the execution role" and "Adding context attributes" in the EventBridge Scheduler user guide.
"""

import functools
import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge, scheduler

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud.identities import Identities
from modelyard.rehearsal.cloud.ministack.app import request_scope
from modelyard.rehearsal.sagemaker.errors import ServiceError

MINUTE = 60.0
SCHEDULER = "aws.scheduler"
_logger = logging.getLogger(__name__)


def install(*, identities: Identities, clock: Clock) -> None:
    """Have targets started as their roles, and schedules follow the clock instead of threads that sleep."""
    invoke = eventbridge._invoke_target

    def invoke_as_role(target: Any, event: Any, rule: Any, view: Any = None) -> Any:
        try:
            require_role(target=target, event=event, identities=identities)
        except ServiceError as error:
            _logger.warning("%s was not started: %s", target["Arn"], error.message)
            return None
        return invoke(with_attributes(target=target, event=event), event, rule, view)

    def run_in_scope(tick: Callable[[], None]) -> None:
        with request_scope(identities.account, identities.region):
            tick()

    eventbridge._invoke_target = invoke_as_role
    eventbridge.start_scheduler = scheduler.start_scheduler = lambda: None
    for tick in (scheduler._tick_schedules, eventbridge._tick_scheduled_rules):
        clock.every(seconds=MINUTE, run=functools.partial(run_in_scope, tick))


def emit(account: str, region: str, detail_type: str, arn: str, detail: Mapping[str, Any]) -> None:
    """Put an event of SageMaker's on the account's bus, as no PutEvents may."""
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "Resources": [arn],
    }
    with request_scope(account, region):
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def require_role(*, target: Any, event: Any, identities: Identities) -> None:
    """Hold the role of a target that is a state machine to the permission to start it.

    Raises:
        ServiceError: it cannot be assumed, or lacks the permission.

    """
    arn = target.get("Arn", "")
    if ":states:" not in arn:
        return
    principal = "scheduler.amazonaws.com" if event.get("Source") == SCHEDULER else "events.amazonaws.com"
    credentials = identities.assume(role_arn=target.get("RoleArn", ""), principal=principal)
    identities.require(credentials=credentials, action="states:StartExecution", resource=arn)


def with_attributes(*, target: Any, event: Any) -> Any:
    """Return a target whose input has the values of a schedule's context attributes; MiniStack leaves their names."""
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
