"""What came back of many requests: counts, percentiles, and how fast it went."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One request: when it was sent, in seconds since the start, how long it took, who answered, what went wrong."""

    sent: float
    seconds: float
    variant: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """Replies in numbers; latencies in milliseconds, of what was answered without an error."""

    requests: int
    errors: dict[str, int]
    variants: dict[str, int]
    rate: float
    latency_ms: dict[str, float]

    @property
    def failed(self) -> int:
        """How many requests were not answered well."""
        return sum(self.errors.values())


def summarized(replies: Sequence[Reply], *, seconds: float) -> Summary:
    """Return the replies of so many seconds."""
    good = sorted(reply.seconds for reply in replies if not reply.error)
    return Summary(
        requests=len(replies),
        errors=dict(Counter(reply.error for reply in replies if reply.error)),
        variants=dict(sorted(Counter(reply.variant for reply in replies if reply.variant).items())),
        rate=round(len(replies) / seconds, 2) if seconds > 0 else 0.0,
        latency_ms={f"p{share}": round(1000 * percentile(good, share=share), 2) for share in PERCENTILES}
        if good
        else {},
    )


def percentile(ordered: Sequence[float], *, share: float) -> float:
    """Return the smallest of the ordered values that `share` of a hundred of them do not pass (nearest rank).

    Raises:
        ValueError: there is no value.
    """
    if not ordered:
        raise ValueError("a percentile needs values, got none")
    return ordered[max(math.ceil(len(ordered) * share / 100), 1) - 1]
