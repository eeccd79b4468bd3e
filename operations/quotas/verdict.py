"""Whether it fits: each need against its quota, and what to do where it does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from modelyard.operations.quotas.account import Account, Quota
from modelyard.operations.quotas.limits import Limit, Limits
from modelyard.operations.quotas.needs import Need
from modelyard.operations.quotas.usage import Usage
from modelyard.operations.screen.table import Table

Verdict = Literal["fits", "too small", "not known"]
FITS, TOO_SMALL = 0, 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One need with its limit; `others` is None where nobody may count them, `granted` where nobody could be asked."""

    need: Need
    limit: Limit
    others: int | None
    granted: Quota | None

    @property
    def what(self) -> str:
        """What is limited, in words."""
        return self.limit.label(instance=self.need.instance)

    @property
    def total(self) -> int:
        """What there would be at most after the deploy."""
        return self.need.count + (0 if self.others is None else self.others)

    @property
    def allowed(self) -> float | None:
        """How much there may be: the account's quota, else AWS's default, else unknown."""
        return self.granted.value if self.granted is not None else self.limit.default

    @property
    def origin(self) -> str:
        """Who says so."""
        if self.granted is not None:
            return "account"
        return "default" if self.limit.default is not None else ""

    @property
    def verdict(self) -> Verdict:
        """Whether it fits."""
        if self.allowed is None:
            return "not known"
        return "fits" if self.total <= self.allowed else "too small"

    @property
    def hint(self) -> str:
        """What to do, as a sentence; empty where it fits."""
        if self.verdict != "too small" or self.allowed is None:
            return ""
        wrong = f"{self.what}: {self.total} are needed, {self.allowed:g} are allowed"
        if self.granted is None:
            asked = "ask for more in the Service Quotas console" if self.limit.service else "it cannot be raised"
            elsewhere = "or deploy some models in another account or region"
            return f"{wrong} by default ({self.limit.source}); {asked}, {elsewhere}"
        if not self.granted.adjustable:
            return f"{wrong}, and {self.granted.code} cannot be raised; deploy some models in another account or region"
        asked = f'ask for {self.total} of "{self.granted.name}" ({self.granted.code})'
        return f"{wrong}; {asked} at {self.granted.link}"

    @property
    def document(self) -> dict[str, Any]:
        """The line as JSON."""
        return {
            "what": self.what,
            "needed": self.need.count,
            "others": self.others,
            "quota": self.allowed,
            "origin": self.origin,
            "code": self.granted.code if self.granted is not None else None,
            "verdict": self.verdict,
            "how": self.need.how,
            "cure": self.hint,
        }


def lines_of(*, needs: Sequence[Need], limits: Limits, account: Account, used: Usage) -> tuple[Line, ...]:
    """Return every need with what limits it."""
    lines = []
    for need in needs:
        limit = limits.by_kind[need.kind]
        granted = account.quota(limit, instance=need.instance)
        lines.append(Line(need=need, limit=limit, others=_others(need, used=used), granted=granted))
    return tuple(lines)


def code_of_lines(lines: Sequence[Line]) -> int:
    """Return what the command ends with: 1 when something will not fit."""
    return TOO_SMALL if any(line.verdict == "too small" for line in lines) else FITS


def table_of_lines(lines: Sequence[Line], *, title: str) -> Table:
    """Return the lines for eyes."""
    rows = tuple(
        (line.what, line.need.count, line.others, line.allowed, line.origin or None, line.verdict) for line in lines
    )
    return Table(columns=("what", "needed", "others", "quota", "by", "verdict"), rows=rows, title=title)


def _others(need: Need, *, used: Usage) -> int | None:
    """Instances of a type that no other endpoint has are none, and of an unknown type they may be of this one.

    Jobs of others come and go, and are not counted.
    """
    if need.kind == "hosting" and ("endpoints", "") in used:
        return used.get((need.kind, need.instance), 0) + used.get((need.kind, ""), 0)
    return used.get((need.kind, need.instance))
