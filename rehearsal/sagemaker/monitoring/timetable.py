"""When a schedule is due, and which time each of its runs looks at.

Source: ScheduleConfig in the SageMaker API reference.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document

NOW = "NOW"
# What AWS does without an expression: daily, at a time that it picks; midnight here.
DAILY = "cron(0 0 ? * * *)"
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
CRON = re.compile(r"cron\(0 (?:(?P<every>\*)|(?P<start>\d{1,2})(?:/(?P<step>\d{1,2}))?) \? \* \* \*\)")
DURATION = re.compile(r"(?P<sign>-?)P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The time that a run looks at: from `start`, up to `end`."""

    start: datetime
    end: datetime

    def hours(self) -> list[datetime]:
        """Return the beginnings of the hours that the window touches, which are the folders of captured records."""
        first = _full_hour(self.start)
        count = -((first - self.end) // HOUR)
        return [first + number * HOUR for number in range(count)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Timetable:
    """The hours of the day at which a schedule is due (none: once, at once), and its window, if it states one.

    `start` and `end` are offsets to the time at which a run is due.
    """

    hours: tuple[int, ...]
    start: timedelta | None = None
    end: timedelta | None = None

    @classmethod
    def read(cls, config: Document) -> Self:
        """Read a ScheduleConfig.

        Raises:
            ServiceError: ValidationException, SageMaker has no such expression, or no such window.

        """
        expression = config.get("ScheduleExpression", DAILY)
        start, end = offset(config, "DataAnalysisStartTime"), offset(config, "DataAnalysisEndTime")
        if expression == NOW or start is not None or end is not None:
            if start is None or end is None:
                raise invalid(f"A schedule {expression} needs DataAnalysisStartTime and DataAnalysisEndTime; give both")
            if not timedelta() < end - start <= DAY:
                raise invalid(
                    f"DataAnalysisEndTime must be 0 to 24 hours after DataAnalysisStartTime, got {end - start}"
                )
        return cls(hours=_hours(expression), start=start, end=end)

    @property
    def recurs(self) -> bool:
        """Whether there is another run after the first."""
        return self.hours != ()

    def after(self, moment: datetime) -> datetime:
        """Return when the next run is due, the one at the moment itself not counted."""
        hour = _full_hour(moment) + HOUR
        return next(hour + number * HOUR for number in range(24) if (hour + number * HOUR).hour in self.hours)

    def window(self, *, due: datetime) -> Window:
        """Return the window of the run that is due at a time: unless stated, the time since the run before it."""
        if self.start is not None and self.end is not None:
            return Window(start=due + self.start, end=due + self.end)
        before = next(due - number * HOUR for number in range(1, 25) if (due - number * HOUR).hour in self.hours)
        return Window(start=before, end=due)


def _hours(expression: str) -> tuple[int, ...]:
    if expression == NOW:
        return ()
    match = CRON.fullmatch(expression)
    if match is None:
        raise _unknown(expression)
    if match["every"] is not None:
        return tuple(range(24))
    start, step = int(match["start"]), int(match["step"] if match["step"] is not None else 24)
    if start > 23 or not 1 <= step <= 24:
        raise _unknown(expression)
    # A start of 17 and a step of 12 is twice a day (API reference), so that the steps go on past midnight.
    return tuple(sorted({(start + hours) % 24 for hours in range(0, 24, step)}))


def _unknown(expression: str) -> Exception:
    return invalid(
        f"ScheduleExpression must be cron(0 * ? * * *), cron(0 H ? * * *), cron(0 H/N ? * * *) or NOW, "
        f"got {expression}; a schedule starts at full hours"
    )


def offset(config: Document, member: str) -> timedelta | None:
    """Return a duration of a configuration, or None where it is left out.

    Raises:
        ServiceError: ValidationException, it is none in ISO 8601.

    """
    if member not in config:
        return None
    match = DURATION.fullmatch(config[member])
    if match is None:
        raise invalid(f"{member} must be a duration such as -PT1H, got {config[member]}; write it so")
    amounts = {unit: int(match[unit]) if match[unit] is not None else 0 for unit in ("days", "hours", "minutes")}
    length = timedelta(days=amounts["days"], hours=amounts["hours"], minutes=amounts["minutes"])
    return -length if match["sign"] == "-" else length


def _full_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
