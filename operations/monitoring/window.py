"""The hours that a check looks at."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from modelyard.manifest import Model
from modelyard.manifest.monitoring import MOST_FOLDERS
from modelyard.operations.failures import Failure

AGO = re.compile(r"(?P<count>[1-9]\d{0,3})(?P<unit>[hd])")
HOUR = timedelta(hours=1)
FORM = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Whole folders of captures, from `start` up to `end`, which is no longer in it; in UTC."""

    start: datetime
    end: datetime

    @property
    def input(self) -> dict[str, str]:
        """The window as the drift engine's state machine takes it."""
        return {"start": f"{self.start:{FORM}}", "end": f"{self.end:{FORM}}"}

    @property
    def hours(self) -> list[datetime]:
        """Each hour of it."""
        return [self.start + index * HOUR for index in range((self.end - self.start) // HOUR)]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} to {self.end:%Y-%m-%d %H:%M} UTC"


def window_of(*, model: Model, now: datetime, since: str | None, until: str | None) -> Window:
    """Return the window that is asked for, widened to whole folders.

    Without a start it is the period before this hour, and this hour as far as it has come.

    Raises:
        Failure: a moment cannot be read, the window is empty, or it has more folders than a check takes.
    """
    folder = timedelta(hours=model.monitoring.folder_hours if model.monitoring is not None else 1)
    period = timedelta(hours=model.monitoring.period_hours if model.monitoring is not None else 1)
    last = moment(until, now=now, option="--until") if until is not None else now
    down = _floor(last, step=folder)
    end = down if down == last else down + folder
    start = (
        _floor(moment(since, now=now, option="--since"), step=folder) if since is not None else end - folder - period
    )
    window = Window(start=start, end=end)

    variants = len(model.serving.variants) if model.serving is not None else 1
    folders = (end - start) // folder
    readable = model.monitoring.most_folders if model.monitoring is not None else MOST_FOLDERS
    most = max(readable // variants, 1)
    if not 1 <= folders <= most:
        raise Failure(
            f"The window {window} must have 1 to {most} folders of captures for {variants} variants, it has {folders}; "
            "choose --since and --until nearer to each other"
        )
    return window


def moment(text: str, *, now: datetime, option: str) -> datetime:
    """Return a moment: so long ago as `3h` or `2d` say, or a time in ISO 8601, in UTC when it names no zone.

    Raises:
        Failure: it is neither.
    """
    match = AGO.fullmatch(text)
    if match is not None:
        hours = int(match["count"]) * (24 if match["unit"] == "d" else 1)
        return now - hours * HOUR
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(f"{option} must be so long ago as 3h or 2d, or a time as 2026-11-22T10:00, got {text}") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _floor(when: datetime, *, step: timedelta) -> datetime:
    return when - (when - datetime(1970, 1, 1, tzinfo=UTC)) % step
