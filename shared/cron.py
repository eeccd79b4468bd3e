"""Cron expressions of EventBridge: what each of the six fields may hold, and when an expression is due.

Source: EventBridge user guide, "Cron expressions reference"; Scheduler user guide, "Schedule types". Application Auto
Scaling takes the same expressions (its user guide, "Schedule recurring scaling actions using cron expressions").
"""

import calendar
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

CRON = re.compile(r"cron\((?P<fields>[^()]*)\)")
PART = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[0-9]+))?")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
NEVER_MIND = "?"


@dataclass(frozen=True, kw_only=True, slots=True)
class CronField:
    """One of the six fields: its least and greatest value, names for them, and what else it may be as a whole."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    alone: re.Pattern[str] = re.compile(r"(?!)")

    def takes(self, text: str) -> bool:
        """Whether AWS takes the text: values, ranges from low to high and steps, joined by commas."""
        if self.alone.fullmatch(text) is not None:
            return True
        return all(self._takes_part(part) for part in text.split(","))

    def values(self, text: str) -> frozenset[int]:
        """Return the values that a text of values, ranges and steps names."""
        found: set[int] = set()
        for match in map(PART.fullmatch, text.split(",")):
            if match is None:
                raise ValueError(f"{self.name} must be of {self.low} to {self.high}, got {text}")
            first = self.low if match["first"] is None else self._number(match["first"])
            # A single value with a step goes on to the end of the field, as `*` does.
            open_ended = match["first"] is None or match["step"] is not None
            last = self._number(match["last"]) if match["last"] is not None else self.high if open_ended else first
            found.update(range(first, last + 1, 1 if match["step"] is None else int(match["step"])))
        return frozenset(found)

    def _takes_part(self, part: str) -> bool:
        match = PART.fullmatch(part)
        if match is None:
            return False
        bounds = [self._number(text) for text in (match["first"], match["last"]) if text is not None]
        step = int(match["step"]) if match["step"] is not None else 1
        return all(self.low <= bound <= self.high for bound in bounds) and bounds == sorted(bounds) and step > 0

    def _number(self, text: str) -> int:
        if text.isascii() and text.isdigit():
            return int(text)
        return self.names.index(text) + self.low if text in self.names else self.low - 1


FIELDS = (
    CronField(name="minutes", low=0, high=59),
    CronField(name="hours", low=0, high=23),
    CronField(name="day of month", low=1, high=31, alone=re.compile(r"\?|L|LW|([1-9]|[12][0-9]|3[01])W")),
    CronField(name="month", low=1, high=12, names=MONTHS),
    CronField(name="day of week", low=1, high=7, names=DAYS, alone=re.compile(r"\?|L|[1-7]L|[1-7]#[1-5]")),
    CronField(name="year", low=1970, high=2199),
)


def cron_faults(expression: str) -> Iterator[str]:
    """Yield what is wrong with `cron(…)`, a sentence each; nothing for one that AWS takes."""
    match = CRON.fullmatch(expression)
    texts = match["fields"].split() if match is not None else []
    if len(texts) != len(FIELDS):
        names = ", ".join(field.name for field in FIELDS)
        yield f"a cron must have six fields ({names}), got {expression}"
        return
    for field, text in zip(FIELDS, texts, strict=True):
        if not field.takes(text):
            yield f"{field.name} must be of {field.low} to {field.high}, got {text}"
    if (texts[2] == NEVER_MIND) == (texts[4] == NEVER_MIND):
        yield f"one of the two days must be ?, got {texts[2]} as day of month and {texts[4]} as day of week"


@dataclass(frozen=True, slots=True)
class Cron:
    """A `cron(…)` that AWS takes, by the clock on the wall of its time zone.

    Raises:
        ValueError: AWS does not take it.
    """

    expression: str

    def __post_init__(self) -> None:
        faults = list(cron_faults(self.expression))
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def times(self) -> list[tuple[int, int]]:
        """The hours and minutes at which it is due on a day on which it is due."""
        return [(hour, minute) for hour in sorted(self._values(1)) for minute in sorted(self._values(0))]

    def is_due(self, wall: datetime) -> bool:
        """Return whether it is due in the minute of a time."""
        return wall.minute in self._values(0) and wall.hour in self._values(1) and self.is_due_on(wall.date())

    def is_due_on(self, day: date) -> bool:
        """Return whether it is due at some time of a day."""
        if day.month not in self._values(3) or day.year not in self._values(5):
            return False
        in_month, in_week = self._texts[2], self._texts[4]
        return day.day in days_of_month(in_month, month=day) if in_week == NEVER_MIND else is_weekday(in_week, day=day)

    @property
    def _texts(self) -> list[str]:
        return self.expression.removeprefix("cron(").removesuffix(")").split()

    def _values(self, index: int) -> frozenset[int]:
        return named_values(index, self._texts[index])


@functools.cache
def named_values(index: int, text: str) -> frozenset[int]:
    """Return the values that the text of a field names: a clock asks for the same ones each minute."""
    return FIELDS[index].values(text)


def days_of_month(text: str, *, month: date) -> frozenset[int]:
    """Return the days of a month that a field names: L is the last, W the weekday nearest to a day of that month."""
    last = calendar.monthrange(month.year, month.month)[1]
    if text.endswith("W"):
        wanted = last if text == "LW" else min(int(text[:-1]), last)
        weekdays = [day for day in range(1, last + 1) if month.replace(day=day).weekday() < calendar.SATURDAY]
        return frozenset([min(weekdays, key=lambda day: abs(day - wanted))])
    return frozenset([last]) if text == "L" else named_values(2, text)


def is_weekday(text: str, *, day: date) -> bool:
    """Return whether a day is one that a field names: 6L is the last Friday of a month, 6#2 its second."""
    number = day.isoweekday() % len(DAYS) + 1
    named, _, which = text.partition("#")
    if which:
        return number == int(named) and (day.day - 1) // len(DAYS) + 1 == int(which)
    if text.endswith("L") and text != "L":
        return number == int(text[:-1]) and day.day + len(DAYS) > calendar.monthrange(day.year, day.month)[1]
    return number == len(DAYS) if text == "L" else number in named_values(4, text)
