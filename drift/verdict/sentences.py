"""A verdict in words, for the page, Markdown, a terminal and the file of violations."""

from collections.abc import Iterator, Sequence

from modelyard.drift.documents.violations import Violation
from modelyard.drift.verdict.column_tests import FEWEST_ROWS
from modelyard.drift.verdict.hypothesis_test import Aspect, Scope
from modelyard.drift.verdict.spread import FEWEST_WINDOWS, PROVISIONAL
from modelyard.drift.verdict.verdict import Answer, AspectVerdict, EarlierChecks, Verdict

CHECK = "change_check"
UNREADABLE, COLUMNS = "Unreadable records", "Columns"


def headline(*, verdict: Verdict) -> str:
    """Return the answer with what it is about."""
    if verdict.answer is Answer.TOO_FEW:
        return f"Too few rows to tell: {verdict.rows:,} beside {verdict.known_rows:,} of the baseline"
    if verdict.answer is Answer.NOT_COMPARED:
        return "No column could be compared"
    if verdict.answer is Answer.UNCHANGED:
        part = f" in the {verdict.compared} of {verdict.every_column} columns that were compared"
        return "Not changed beyond chance" + ("" if verdict.compared == verdict.every_column else part)
    if verdict.structure is not None:
        return f"Changed: {verdict.structure}"
    changed = len(verdict.changed_columns)
    parts = [f"{changed} of {verdict.every_column} columns"] if changed else []
    parts += ["records that cannot be read"] if verdict.unreadable is not None and verdict.unreadable.changed else []
    return f"Changed: {' and '.join(parts)}"


def change_sentence(*, change: AspectVerdict) -> str:
    """Return how much a share differs, and how sure that is."""
    when = "in the last 24 hours, " if change.scope is Scope.DAY else ""
    return (
        f"{when}{change.what}: {change.share:.1%}, in the baseline {change.known_share:.1%} "
        f"(difference {_points(change.low)} to {_points(change.high)} points; "
        f"p {_p_value(change.p_value)}, {change.method.value})"
    )


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _p_value(value: float) -> str:
    return f"{value:.1g}" if value >= 1e-99 else "below 1e-99"


def change_violations(*, verdict: Verdict) -> tuple[Violation, ...]:
    """Return the changes as violations, the largest first."""
    found = [] if verdict.structure is None else [(COLUMNS, verdict.structure)]
    if verdict.unreadable is not None and verdict.unreadable.changed:
        found.append((UNREADABLE, change_sentence(change=verdict.unreadable)))
    for column in verdict.changed_columns:
        found.extend((column.name, change_sentence(change=change)) for change in column.changes)
    if verdict.answer is not Answer.CHANGED:
        return ()
    return tuple(Violation(feature=name, check=CHECK, description=sentence) for name, sentence in found)


def not_looked_at(*, verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Yield what the verdict is not about, each with the reason."""
    yield from verdict.skipped
    if verdict.structure is not None:
        yield COLUMNS, verdict.structure
    for column in verdict.columns:
        if column.not_compared is not None:
            yield column.name, f"values: {column.not_compared}"
        elif column.answer is Answer.TOO_FEW:
            yield column.name, f"values: fewer than {FEWEST_ROWS} of them"
    if verdict.unreadable is not None and verdict.unreadable.share > 0:
        yield UNREADABLE, f"{verdict.unreadable.share:.2%} of the records"


def sensitivity(*, verdict: Verdict) -> str | None:
    """Return how large a change would have been found; None where no value was compared."""
    window, day = (
        [one.detectable for one in verdict.aspects if one.aspect is Aspect.VALUES and one.scope is scope]
        for scope in (Scope.WINDOW, Scope.DAY)
    )
    if not window:
        return None
    if None in window:
        return "Of some columns no change could have been found in so few rows."
    found = f"A change of a share by {_largest(window)} points would have been found in any column compared"
    of_day = f", and by {_largest(day)} points if it had lasted for 24 hours" if day and None not in day else ""
    return f"{found}{of_day}, four times of five."


def _largest(shares: Sequence[float | None]) -> str:
    return f"{100 * max(share for share in shares if share is not None):.1f}"


def certainty(*, verdict: Verdict) -> str:
    """Return at which rate of false alarms the verdict was given, and what it takes for the spread between windows."""
    alarms, hours = verdict.budget.false_alarms_per_year, verdict.budget.hours
    spread = "rows are taken as independent." if verdict.earlier is None else _spread(verdict, verdict.earlier)
    return (
        f"{verdict.tests} tests at {alarms:g} false alarm{'s' * (alarms != 1)} a year, of which this check of "
        f"{hours:g} hour{'s' * (hours != 1)} has {verdict.budget.level:.2g}; {spread}"
    )


def _spread(verdict: Verdict, earlier: EarlierChecks) -> str:
    """Return how much unchanged windows vary, how that is known, and what the day is made of."""
    spreads = [(one.spread, column.name) for column in verdict.columns for one in column.aspects]
    measured = [one for one in spreads if one[0].windows > 0]
    parts = []
    if measured:
        largest, column = max(measured, key=lambda one: one[0].dispersion)
        fewest, most = min(one[0].windows for one in measured), max(one[0].windows for one in measured)
        windows = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        parts.append(
            f"the variance between windows is measured in {windows} earlier ones, at most {largest.dispersion:.3g} "
            f"times that of independent rows ({column})"
        )
    if len(measured) < len(spreads) or not spreads:
        parts.append(
            f"provisional: {'of some columns ' if measured else ''}the variance between windows is taken as "
            f"{PROVISIONAL.dispersion:g} times that of independent rows, until there are {FEWEST_WINDOWS} earlier ones "
            "without a change"
        )
    if earlier.of_day > 0:
        parts.append(f"windows of the last 24 hours that are tested together: {earlier.of_day + 1}")
    if earlier.missing_of_day > 0:
        parts.append(f"missing of the day, or of another baseline: {earlier.missing_of_day}")
    if earlier.unreadable > 0:
        parts.append(f"earlier windows that cannot be read: {earlier.unreadable}")
    return f"{'; '.join(parts)}."
