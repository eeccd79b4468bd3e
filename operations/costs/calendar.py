"""How many instances there are on average, least and most, where a calendar changes the bounds of scaling."""

import re
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from modelyard.shared.cron import Cron

# A year like any other: a cron of days in the month or of months comes round in it.
FIRST, LAST = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
RATE = re.compile(r"rate\((?P<value>[1-9][0-9]*) (?P<unit>minute|hour|day)s?\)")
EVERY_YEAR = "*"
HOURS_A_WEEK = 168


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundsChange:
    """Other bounds from the moments of an expression on; None for a bound that stays."""

    expression: str
    timezone: str
    low: int | None
    high: int | None


def average_bounds(*, low: int, high: int, changes: Sequence[BoundsChange]) -> tuple[float, float]:
    """Return the least and the most instances, on average over a year.

    What happens once, or at a moment that cannot be told, may hold before each recurrence or not: the lower of the
    least and the greater of the most is taken.
    """
    recurring: dict[BoundsChange, list[datetime]] = {}
    for change in changes:
        moments = _moments(change)
        if moments:
            recurring[change] = moments
    once = [change for change in changes if change not in recurring]
    least = [low, *(change.low for change in once if change.low is not None)]
    most = [high, *(change.high for change in once if change.high is not None)]
    return (
        min(_average(start, recurring=recurring, bound=lambda change: change.low) for start in least),
        max(_average(start, recurring=recurring, bound=lambda change: change.high) for start in most),
    )


def times_a_year(expression: str, *, timezone: str) -> int:
    """Return how often a year a recurring expression is due; 0 where that cannot be told."""
    return len(_moments(BoundsChange(expression=expression, timezone=timezone, low=None, high=None)))


def _average(
    start: int, *, recurring: dict[BoundsChange, list[datetime]], bound: Callable[[BoundsChange], int | None]
) -> float:
    """Return the average of one bound, which is what the year before has left until the first change of a year."""
    steps = sorted(
        (moment, value)
        for change, moments in recurring.items()
        if (value := bound(change)) is not None
        for moment in moments
    )
    held, since, total = (steps[-1][1] if steps else start), FIRST, 0.0
    for moment, value in steps:
        total += held * (moment - since).total_seconds()
        held, since = value, moment
    return (total + held * (LAST - since).total_seconds()) / (LAST - FIRST).total_seconds()


def _moments(change: BoundsChange) -> list[datetime]:
    """Return the moments of a year at which a change recurs; none for one that does not, or whose are not known."""
    if rate := RATE.fullmatch(change.expression):
        period = timedelta(**{f"{rate['unit']}s": int(rate["value"])})
        return [FIRST + number * period for number in range((LAST - FIRST) // period)]
    try:
        cron, zone = Cron(change.expression), zoneinfo.ZoneInfo(change.timezone)
    except (ValueError, zoneinfo.ZoneInfoNotFoundError):
        # Once, what only the deploy knows, or a time zone that this machine has no rules of.
        return []
    if not change.expression.endswith(f" {EVERY_YEAR})"):
        return []
    walls = (
        datetime(day.year, day.month, day.day, *time) for day in _days() if cron.is_due_on(day) for time in cron.times
    )
    moments = (wall.replace(tzinfo=zone).astimezone(UTC) for wall in walls)
    return [moment for moment in moments if FIRST <= moment < LAST]


def _days() -> Iterator[date]:
    """Yield the days of the year on any clock on a wall."""
    return (FIRST.date() + timedelta(days=number) for number in range(-1, (LAST - FIRST).days + 1))
