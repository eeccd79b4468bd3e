"""Scheduled actions: other bounds of a target from a moment on, by the calendar.

Source: PutScheduledAction in the Application Auto Scaling API reference, and "Scheduled scaling" in its user guide.
"""

import re
import uuid
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.scaling.tracking import NAMESPACE, Resource, selected
from modelyard.shared.cron import Cron

MINUTE = timedelta(minutes=1)
RATE = re.compile(r"rate\((?P<value>[1-9][0-9]*) (?P<unit>minute|hour|day)s?\)")
ONCE = re.compile(r"at\((?P<moment>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)")
# Without them "the old values are deleted"; what else an update leaves out stays.
FORGOTTEN = ("StartTime", "EndTime")


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """When an action is due: a recurrence between two moments, where they are given, or one moment."""

    expression: str
    zone: tzinfo
    created: datetime
    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def of(cls, action: Document) -> "Timing":
        """Read an action.

        Raises:
            ServiceError: ValidationException, there is no such time zone, or AWS takes no such expression.

        """
        expression, name = action["Schedule"], action.get("Timezone", "UTC")
        try:
            zone = UTC if name == "UTC" else zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise invalid(f"Timezone must be the name of a time zone such as Europe/Berlin, got {name}") from error
        try:
            if once := ONCE.fullmatch(expression):
                datetime.fromisoformat(once["moment"])
            elif RATE.fullmatch(expression) is None:
                Cron(expression)
        except ValueError as error:
            raise invalid(f"Schedule must be an at, rate or cron expression, got {expression}: {error}") from error
        return cls(
            expression=expression,
            zone=zone,
            created=action["CreationTime"],
            start=action.get("StartTime"),
            end=action.get("EndTime"),
        )

    def is_due(self, minute: datetime) -> bool:
        """Return whether it is due in a full minute; one that comes twice, as summer time ends, counts once."""
        if once := ONCE.fullmatch(self.expression):
            moment = datetime.fromisoformat(once["moment"]).replace(tzinfo=self.zone)
            return minute - MINUTE < moment <= minute
        if (self.start is not None and minute < self.start) or (self.end is not None and minute > self.end):
            return False
        if rate := RATE.fullmatch(self.expression):
            period = timedelta(**{f"{rate['unit']}s": int(rate["value"])})
            begin = self.created + period if self.start is None else self.start
            first = full_minute(begin + MINUTE - timedelta.resolution)
            return minute >= first and (minute - first) % period < MINUTE
        wall = minute.astimezone(self.zone)
        return wall.fold == 0 and Cron(self.expression).is_due(wall)


class ScheduledActions:
    """The scheduled actions of targets."""

    def __init__(self, *, platform: Platform) -> None:
        self._platform = platform
        self._actions = platform.store.table("ScheduledAction")
        self._targets = platform.store.table("ScalableTarget")

    @operation
    def put_scheduled_action(self, request: Document) -> Document:
        """Make a scheduled action or change what is given of it.

        Raises:
            ServiceError: ObjectNotFoundException, the variant is not scalable; ValidationException, there is no such
            time, or the action changes nothing or bounds the wrong way round.

        """
        resource = Resource.read(request)
        if self._targets.find(resource.id) is None:
            raise resource.missing("scalable target")
        name = request["ScheduledActionName"]
        key = action_key(resource, name)
        known = self._actions.find(key)
        before = {} if known is None else {member: known[member] for member in known if member not in FORGOTTEN}
        action = self._new(resource, name=name) | before | request
        for member in ("Schedule", "ScalableTargetAction"):
            if member not in action:
                raise invalid(f"{member} must be given for a new scheduled action, got none")
        bounds = action["ScalableTargetAction"]
        if not bounds:
            raise invalid("ScalableTargetAction must have MinCapacity, MaxCapacity or both, got none")
        low, high = bounds.get("MinCapacity"), bounds.get("MaxCapacity")
        if low is not None and high is not None and low > high:
            raise invalid(f"Maximum capacity cannot be less than minimum capacity, got {high} and {low}")
        Timing.of(action)
        with self._platform.store.lock:
            if known is not None:
                self._actions.remove(key)
            self._actions.add(key, action)
        return {}

    @operation
    def describe_scheduled_actions(self, request: Document) -> Document:
        """Return the actions that are asked for."""
        actions = self._actions.documents()
        return {"ScheduledActions": selected(request, actions, names="ScheduledActionNames", key="ScheduledActionName")}

    @operation
    def delete_scheduled_action(self, request: Document) -> Document:
        """Remove an action; the bounds that it has set stay.

        Raises:
            ServiceError: ObjectNotFoundException, there is none of that name.

        """
        resource = Resource.read(request)
        key = action_key(resource, request["ScheduledActionName"])
        if self._actions.find(key) is None:
            raise resource.missing("scheduled action")
        self._actions.remove(key)
        return {}

    def due(self, resource: Resource, *, minute: datetime) -> list[Document]:
        """Return the actions of a target that are due in a full minute."""
        return [action for action in self._of(resource) if Timing.of(action).is_due(minute)]

    def forget(self, resource: Resource) -> None:
        """Remove every action of a target."""
        for action in self._of(resource):
            self._actions.remove(action_key(resource, action["ScheduledActionName"]))

    def _of(self, resource: Resource) -> list[Document]:
        return [action for action in self._actions.documents() if action["ResourceId"] == resource.id]

    def _new(self, resource: Resource, *, name: str) -> Document:
        platform = self._platform
        own = f"resource/{NAMESPACE}/{resource.id}:scheduledActionName/{name}"
        return resource.members() | {
            "CreationTime": platform.clock.now(),
            "ScheduledActionARN": f"arn:aws:autoscaling:{platform.region}:{platform.account}:scheduledAction:"
            f"{uuid.uuid4()}:{own}",
        }


def full_minute(moment: datetime) -> datetime:
    """Return the beginning of a moment's minute."""
    return moment.replace(second=0, microsecond=0)


def action_key(resource: Resource, name: str) -> str:
    """Return by what an action is kept."""
    return f"{resource.id}|{name}"
