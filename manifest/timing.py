"""The minute of the hour at which a model's checks begin: each its own, so that a fleet's do not begin together."""

import hashlib

# Captures arrive within minutes of their request (developer guide, "Capture data"): those of an hour's last minute
# must lie there when the hour is checked.
EARLIEST_MINUTE = 10
# A check takes some minutes, and its result is to be counted in the hour in which it began: the alarm's period.
LATEST_MINUTE = 49
LAST_OF_HOUR = 59


def minute_of(*, name: str, chosen: int | None = None) -> int:
    """Return the minute that a schedule was given, or else one that follows from its name alone.

    From nothing but the name, so that a model that comes, goes or changes moves no other, and that every synth on any
    machine says the same. Names are spread over the forty minutes as a good hash spreads them: evenly for many.
    """
    if chosen is not None:
        return chosen
    number = int.from_bytes(hashlib.sha256(name.encode()).digest())
    return EARLIEST_MINUTE + number % (LATEST_MINUTE - EARLIEST_MINUTE + 1)
