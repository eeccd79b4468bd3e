"""The summary as Markdown, for a pull request or a notification."""

from modelyard.drift.escaping import for_markdown
from modelyard.drift.reporting.summary import Summary
from modelyard.drift.verdict.sentences import certainty, headline, sensitivity

MOST = 20
MARKS = {"ok": "✅", "violations": "⚠️", "no data": "⬜"}


def as_markdown(*, summary: Summary) -> str:
    """Return the verdict, what lies behind it, and up to twenty findings."""
    parts = [
        f"### {MARKS[summary.status]} {summary.verdict}",
        f"{for_markdown(summary.about)}, {summary.rows:,} rows.",
    ]
    parts += _change(summary)
    parts += [f"> {for_markdown(sentence)}" for sentence in summary.diagnoses]
    if summary.findings:
        rows = []
        for one in summary.findings[:MOST]:
            since = "" if one.since is None else f" ({one.since})"
            rows.append(f"| {for_markdown(one.feature)} | {for_markdown(one.sentence + since)} |")
        parts.append("\n".join(["| Feature | What is wrong |", "| --- | --- |", *rows]))
    if len(summary.findings) > MOST:
        parts.append(f"… and {len(summary.findings) - MOST} more.")
    if len(summary.trend) > 1:
        parts.append(
            "Violations per run: "
            + ", ".join(
                f"{for_markdown(run)}: {'not known' if count is None else count}" for run, _, count in summary.trend
            )
        )
    return "\n\n".join(parts) + "\n"


def _change(summary: Summary) -> list[str]:
    """What changed more than chance explains, how sure that is, and what was not looked at."""
    verdict = summary.change
    if verdict is None:
        return []
    rows = [f"| {for_markdown(one.feature)} | {for_markdown(one.text)} |" for one in summary.changes[:MOST]]
    beyond = len(summary.changes) - MOST
    left_out = [f"{for_markdown(name)} ({for_markdown(reason)})" for name, reason in summary.left_out.reasons]
    more = f" and {len(left_out) - MOST} more" if len(left_out) > MOST else ""
    parts = (
        f"**{for_markdown(headline(verdict=verdict))}.**",
        "\n".join(["| Column | What changed |", "| --- | --- |", *rows]) if rows else None,
        f"… and {beyond} more." if beyond > 0 else None,
        summary.order,
        sensitivity(verdict=verdict),
        f"Not looked at: {', '.join(left_out[:MOST])}{more}." if left_out else None,
        for_markdown(certainty(verdict=verdict)),
    )
    return [part for part in parts if part is not None]
