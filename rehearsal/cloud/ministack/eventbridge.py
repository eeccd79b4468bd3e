"""MiniStack's EventBridge and Scheduler: what they start, they start as a role, and by the rehearsal's clock.

Without the permission nothing starts, as on AWS. Schedules are due in their own time zones, which MiniStack keeps and
does not read; expressions and zones that AWS refuses are refused.

Source: "Setting up the execution role", "Adding context attributes", "Schedule types" and "Time zones" in the
EventBridge Scheduler user guide.
"""

import functools
import json
import logging
import re
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from ministack.services import eventbridge, scheduler

from modelyard.rehearsal.clock import Clock
from modelyard.rehearsal.cloud.identities import Identities
from modelyard.rehearsal.cloud.ministack import cloudformation
from modelyard.rehearsal.cloud.ministack.app import request_scope
from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.cron import cron_faults

MINUTE = 60.0
# What SageMaker and scaling do in a minute comes first.
AFTER_SERVICES = 1
SCHEDULER = "aws.scheduler"
OTHER_EXPRESSIONS = re.compile(
    r"rate\([1-9][0-9]* (minutes?|hours?|days?)\)|at\([0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\)"
)
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
    install_zones()
    for tick in (tick_schedules, eventbridge._tick_scheduled_rules):
        clock.every(seconds=MINUTE, run=functools.partial(run_in_scope, tick), rank=AFTER_SERVICES)


def install_zones() -> None:
    """Have schedules checked as AWS checks them, and due in their time zones."""
    parse, next_fire = eventbridge._parse_cron_fields, eventbridge._cron_next_fire

    def parse_with_zone(expression: str) -> Any:
        fields = parse(expression)
        return ZonedFields(fields, zone=expression.zone) if fields and isinstance(expression, Zoned) else fields

    def next_fire_in_zone(fields: Any, after: datetime) -> datetime | None:
        in_zone = isinstance(fields, ZonedFields)
        return due(fields, after=after, zone=fields.zone, next_fire=next_fire) if in_zone else next_fire(fields, after)

    def checked(make: Callable[[str, Document], Any]) -> Callable[[str, Document], Any]:
        def make_checked(name: str, body: Document) -> Any:
            try:
                check_schedule(body)
            except ServiceError as error:
                return scheduler._error(400, error.code, error.message)
            return make(name, body)

        return make_checked

    def keep_zone(physical_id: str, properties: Document) -> None:
        schedule = scheduler._schedules[f"{properties.get('GroupName', 'default')}/{physical_id}"]
        schedule["ScheduleExpressionTimezone"] = properties.get("ScheduleExpressionTimezone", "UTC")

    eventbridge._parse_cron_fields = parse_with_zone
    eventbridge._cron_next_fire = next_fire_in_zone
    scheduler._create_schedule = checked(scheduler._create_schedule)
    scheduler._update_schedule = checked(scheduler._update_schedule)
    cloudformation.extend("AWS::Scheduler::Schedule", before=check_schedule, after=keep_zone)


class Zoned(str):
    """A schedule's expression that knows its time zone."""

    __slots__ = ("zone",)
    zone: tzinfo


class ZonedFields(tuple[Any, ...]):
    """The fields of a cron that know their time zone."""

    zone: tzinfo

    def __new__(cls, fields: tuple[Any, ...], *, zone: tzinfo) -> "ZonedFields":
        """Return the fields with their zone."""
        zoned = super().__new__(cls, fields)
        zoned.zone = zone
        return zoned


def due(
    fields: Any, *, after: datetime, zone: tzinfo, next_fire: Callable[[Any, datetime], datetime | None]
) -> datetime | None:
    """Return when a cron is due next by the clock of a zone; None if never.

    A time that a change to summer time leaves out is left out, and one that comes twice is due once.
    """
    wall: datetime | None = after.astimezone(zone).replace(tzinfo=UTC)
    while wall is not None and (wall := next_fire(tuple(fields), wall)) is not None:
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
        if moment > after and moment.astimezone(zone).replace(tzinfo=UTC) == wall:
            return moment
    return None


def schedules() -> list[Document]:
    """Return the schedules of the account, each with when it is due."""
    return [
        {"kind": "schedule", "name": one["Name"], "expression": one["ScheduleExpression"], "state": one["State"]}
        for one in scheduler._schedules.values()
    ]


def forget_starts() -> None:
    """Have no schedule been due yet, which MiniStack keeps for one that is no more."""
    scheduler._schedule_last_fired.clear()


def tick_schedules() -> None:
    """Start what is due, each schedule by the clock of its zone."""
    for schedule in scheduler._schedules._data.values():
        expression = Zoned(schedule["ScheduleExpression"])
        expression.zone = zone_of(schedule)
        schedule["ScheduleExpression"] = expression
    scheduler._tick_schedules()


def zone_of(schedule: Mapping[str, Any]) -> tzinfo:
    """Return a schedule's time zone.

    Raises:
        ServiceError: ValidationException, there is none of that name.

    """
    name = schedule.get("ScheduleExpressionTimezone", "UTC")
    try:
        return UTC if name == "UTC" else zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid(f"Invalid ScheduleExpressionTimezone {name}.") from error


def check_schedule(schedule: Mapping[str, Any]) -> None:
    """Refuse an expression or a time zone that AWS refuses.

    Raises:
        ServiceError: ValidationException.

    """
    zone_of(schedule)
    expression = schedule.get("ScheduleExpression", "")
    if OTHER_EXPRESSIONS.fullmatch(expression):
        return
    faults = list(cron_faults(expression))
    if faults:
        raise invalid(f"Invalid Schedule Expression {expression}: {'; '.join(faults)}.")


def emit(account: str, region: str, detail_type: str, arn: str, detail: Mapping[str, Any]) -> None:
    """Put an event of SageMaker's on the account's bus."""
    with request_scope(account, region):
        tell(source="aws.sagemaker", detail_type=detail_type, arn=arn, detail=detail)


def tell(*, source: str, detail_type: str, arn: str, detail: Mapping[str, Any]) -> None:
    """Put an event of one of AWS's services on the bus of the account that is served, as no PutEvents may."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "Resources": [arn],
    }
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
