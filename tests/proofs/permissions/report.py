"""What was found, as a table for people and as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from proofs.permissions.reviewed import Reviewed, reason_of, stale
from rich.console import Console

from modelyard.operations.screen.table import Table

Document = Mapping[str, Any]


def unexplained(findings: Sequence[Document], *, reviewed: Sequence[Reviewed]) -> list[Document]:
    """The changes that nobody noticed and no entry explains."""
    return [one for one in findings if not one["noticed"] and reason_of(one, reviewed=reviewed) is None]


def show(findings: Sequence[Document], *, reviewed: Sequence[Reviewed], whole: bool, console: Console) -> bool:
    """Print the figures and the table; return whether everything is noticed or explained, and nothing stale.

    A sample cannot tell what is stale: only a `whole` run says so.
    """
    _figures(findings, reviewed=reviewed, console=console)
    _table(findings, reviewed=reviewed, console=console)
    left = unexplained(findings, reviewed=reviewed)
    old = stale(findings, reviewed=reviewed) if whole else []
    for one in left:
        console.print(
            f"UNEXPLAINED {one['stack']}/{one['role']}: {one['change']} {one['action']} {one['resource']}: {one['how']}"
        )
    for entry in old:
        console.print(f"STALE {entry.role} {entry.action} {entry.resource}: nothing needs this entry; remove it")
    return not left and not old


def documents(findings: Sequence[Document], *, reviewed: Sequence[Reviewed]) -> list[dict[str, Any]]:
    """Every finding, with the reason where it needs one."""
    return [{**one, "reason": None if one["noticed"] else reason_of(one, reviewed=reviewed)} for one in findings]


def _figures(findings: Sequence[Document], *, reviewed: Sequence[Reviewed], console: Console) -> None:
    rows = []
    kinds = Counter(one["change"] if one["part"] != "template checks" else "widened" for one in findings)
    for kind, tried in sorted(kinds.items()):
        own = [one for one in findings if (one["part"] == "template checks") == (kind == "widened")]
        own = [one for one in own if kind in (one["change"], "widened")]
        noticed = sum(one["noticed"] for one in own)
        left = len(unexplained(own, reviewed=reviewed))
        rows.append((kind, tried, noticed, tried - noticed - left, left))
    console.print(Table(columns=("change", "tried", "noticed", "explained", "unexplained"), rows=tuple(rows)))


def _table(findings: Sequence[Document], *, reviewed: Sequence[Reviewed], console: Console) -> None:
    rows = []
    for one in findings:
        if one["part"] != "template checks":
            reason = "" if one["noticed"] else reason_of(one, reviewed=reviewed)
            how = f"{one['how']} ({one['part']})" if one["noticed"] else f"{one['how']}: {reason}"
            rows.append((f"{one['stack']}/{one['role']}", one["change"], one["action"], how))
    console.print(Table(columns=("role", "change", "action", "noticed how"), rows=tuple(rows)))
