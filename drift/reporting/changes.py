"""What changed, in the order in which to look at it; since when, and how large it was in the windows before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelyard.drift.verdict.hypothesis_test import Aspect, Scope
from modelyard.drift.verdict.sentences import COLUMNS, UNREADABLE, change_sentence, not_looked_at
from modelyard.drift.verdict.verdict import RECORDS, Answer, AspectVerdict, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowVerdict:
    """The verdict on a window: None where it has none, or one that cannot be read, and then `unreadable` says why."""

    window: str
    verdict: Verdict | None
    unreadable: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """The first window from which on each that tells has it, and whether the window before that one tells otherwise."""

    window: str
    is_first: bool

    def __str__(self) -> str:
        """Return it in words."""
        return f"since {self.window}" + ("" if self.is_first else " or earlier")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change of the last window; there is no `since` without other windows.

    `trend` has the difference of the share that says most in each window, this one last, and whether it was a change;
    None where it was not tested. `importance` is the share of the model's reliance on its columns, where it is known.
    """

    feature: str
    sentence: str
    since: Since | None
    trend: tuple[tuple[float, bool] | None, ...] = ()
    importance: float | None = None

    @property
    def details(self) -> str:
        """Since when, and how much the model leans on the column; empty where neither is known."""
        importance = None if self.importance is None else f"importance {self.importance:.1%}"
        return ", ".join(str(one) for one in (self.since, importance) if one is not None)

    @property
    def text(self) -> str:
        """The change, since when, and how much the model leans on the column."""
        return ", ".join(filter(None, (self.sentence, self.details)))


def ranked_changes(*, windows: Sequence[WindowVerdict], importance: Mapping[str, float]) -> tuple[Change, ...]:
    """Return the changes of the last window, those first that are of all columns.

    Columns are in the order of how far they moved, times their importance where importance is known: a column that it
    does not name has none.
    """
    last = windows[-1].verdict
    if last is None or last.answer is not Answer.CHANGED:
        return ()
    names = [one.window for one in windows]
    told = [one.verdict if _no_answer(one, last) is None else None for one in windows]
    changes = []
    if last.structure is not None:
        states = [None if one is None or one.rows == 0 else one.structure is not None for one in told]
        changes.append(Change(feature=COLUMNS, sentence=last.structure, since=lasting_since(names=names, found=states)))
    tests = [{} if one is None else _tests(one) for one in told]
    columns = last.changed_columns
    if importance:
        columns = tuple(sorted(columns, key=lambda one: -one.moved * importance.get(one.name, 0.0)))
    found = [(column.name, change) for column in columns for change in column.changes]
    if last.unreadable is not None and last.unreadable.changed:
        found.insert(0, (RECORDS, last.unreadable))
    for name, change in found:
        history = [each.get((name, change.aspect, change.scope)) for each in tests]
        changes.append(
            Change(
                feature=UNREADABLE if name == RECORDS else name,
                sentence=change_sentence(change=change),
                since=lasting_since(names=names, found=[None if one is None else one.changed for one in history]),
                trend=tuple(None if one is None else (one.difference, one.changed) for one in history),
                importance=importance.get(name, 0.0) if importance and name != RECORDS else None,
            )
        )
    return tuple(changes)


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """What the answer is not about, each with the reason: columns, records, and windows before this one."""

    reasons: tuple[tuple[str, str], ...]
    counts: tuple[str, ...]


def left_out(*, windows: Sequence[WindowVerdict]) -> LeftOut:
    """Return what the verdict on the last window, and the windows before it, do not tell."""
    *before, last = windows
    verdict = last.verdict
    if verdict is None:
        return LeftOut(reasons=(), counts=())
    reasons, counts = list(not_looked_at(verdict=verdict)), []
    if verdict.structure is not None:
        counts.append("every column")
    elif verdict.compared < verdict.every_column:
        counts.append(f"{verdict.every_column - verdict.compared:,} of {verdict.every_column:,} columns")
    if verdict.unreadable is not None and verdict.unreadable.share > 0:
        counts.append(f"{verdict.unreadable.share:.2%} of the records")
    silent = Counter(reason for one in before if (reason := _no_answer(one, verdict)) is not None)
    if silent:
        causes = ", ".join(f"{count} {reason}" for reason, count in silent.items())
        reasons.append(("Windows before", f"{silent.total()} of {len(before)}: {causes}"))
        counts.append(f"{silent.total()} of the {len(before)} windows before ({causes})")
    return LeftOut(reasons=tuple(reasons), counts=tuple(counts))


def _no_answer(window: WindowVerdict, last: Verdict) -> str | None:
    """Return why a window does not tell whether it had changed; None is that it does."""
    if window.unreadable is not None:
        return "with a verdict that cannot be read"
    if window.verdict is None:
        return "without a verdict"
    # a verdict does not say of which baseline it is, but another one hardly has as many rows
    if window.verdict.known_rows != last.known_rows:
        return "held against another baseline"
    if window.verdict.answer is Answer.TOO_FEW:
        return "with too few rows" if window.verdict.rows > 0 else "without data"
    return "without a column that could be compared" if window.verdict.answer is Answer.NOT_COMPARED else None


def _tests(verdict: Verdict) -> dict[tuple[str, Aspect, Scope], AspectVerdict]:
    tests = {(column.name, one.aspect, one.scope): one for column in verdict.columns for one in column.aspects}
    if verdict.unreadable is not None:
        tests[RECORDS, verdict.unreadable.aspect, verdict.unreadable.scope] = verdict.unreadable
    return tests


def lasting_since(*, names: Sequence[str], found: Sequence[bool | None]) -> Since | None:
    """Return since when what the last of these windows has was found in each that tells; None of a single window.

    `found` is whether it was found in a window, None where the window does not tell.
    """
    if len(names) == 1:
        return None
    first = len(names) - 1
    for place in range(len(names) - 1, -1, -1):
        if found[place] is False:
            break
        if found[place]:
            first = place
    return Since(window=names[first], is_first=first > 0 and found[first - 1] is False)
