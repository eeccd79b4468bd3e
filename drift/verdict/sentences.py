"""A verdict in words, for the page, Markdown, a terminal and the file of violations."""

from collections.abc import Iterator

from modelyard.drift.documents.violations import Violation
from modelyard.drift.verdict.column_tests import FEWEST_ROWS, Aspect
from modelyard.drift.verdict.verdict import Answer, AspectVerdict, Verdict

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
    return (
        f"{change.what}: {change.share:.1%}, in the baseline {change.known_share:.1%} "
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
    found = [one.detectable for column in verdict.columns for one in column.aspects if one.aspect is Aspect.VALUES]
    known = [one for one in found if one is not None]
    if not found:
        return None
    if len(known) < len(found):
        return "Of some columns no change could have been found in so few rows."
    points = f"{100 * max(known):.1f}"
    return f"A change of a share by {points} points would have been found in any column compared, four times of five."


def certainty(*, verdict: Verdict) -> str:
    """Return at which rate of false alarms the verdict was given."""
    alarms, hours = verdict.budget.false_alarms_per_year, verdict.budget.hours
    return (
        f"{verdict.tests} tests at {alarms:g} false alarm{'s' * (alarms != 1)} a year, of which this check of "
        f"{hours:g} hour{'s' * (hours != 1)} has {verdict.budget.level:.2g}; rows are taken as independent."
    )
