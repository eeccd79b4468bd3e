"""The summary as Markdown, for a pull request or a notification."""

from modelyard.drift.escaping import for_markdown
from modelyard.drift.reporting.summary import Summary
from modelyard.drift.verdict.sentences import certainty, change_violations, headline, not_looked_at, sensitivity
from modelyard.drift.verdict.verdict import Verdict

MOST = 20
MARKS = {"ok": "✅", "violations": "⚠️", "no data": "⬜"}


def as_markdown(*, summary: Summary) -> str:
    """Return the verdict, what lies behind it, and up to twenty findings."""
    parts = [
        f"### {MARKS[summary.status]} {summary.verdict}",
        f"{for_markdown(summary.about)}, {summary.rows:,} rows.",
    ]
    parts += _change(summary.change) if summary.change is not None else []
    parts += [f"> {for_markdown(sentence)}" for sentence in summary.diagnoses]
    if summary.findings:
        rows = [f"| {for_markdown(item.feature)} | {for_markdown(item.sentence)} |" for item in summary.findings[:MOST]]
        parts.append("\n".join(["| Feature | What is wrong |", "| --- | --- |", *rows]))
    if len(summary.findings) > MOST:
        parts.append(f"… and {len(summary.findings) - MOST} more.")
    if len(summary.trend) > 1:
        parts.append(
            "Violations per run: " + ", ".join(f"{for_markdown(run)}: {count}" for run, _, count in summary.trend)
        )
    return "\n\n".join(parts) + "\n"


def _change(verdict: Verdict) -> list[str]:
    """What changed more than chance explains, how sure that is, and what was not looked at."""
    changes = change_violations(verdict=verdict)
    rows = [f"| {for_markdown(one.feature)} | {for_markdown(one.description)} |" for one in changes[:MOST]]
    left_out = [f"{for_markdown(name)} ({for_markdown(reason)})" for name, reason in not_looked_at(verdict=verdict)]
    more = f" and {len(left_out) - MOST} more" if len(left_out) > MOST else ""
    parts = (
        f"**{for_markdown(headline(verdict=verdict))}.**",
        "\n".join(["| Column | What changed |", "| --- | --- |", *rows]) if rows else None,
        f"… and {len(changes) - MOST} more." if len(changes) > MOST else None,
        sensitivity(verdict=verdict),
        f"Not looked at: {', '.join(left_out[:MOST])}{more}." if left_out else None,
        certainty(verdict=verdict),
    )
    return [part for part in parts if part is not None]
