"""Cron expressions of EventBridge: what each of the six fields may hold.

Source: EventBridge user guide, "Cron expressions reference"; Scheduler user guide, "Schedule types".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
