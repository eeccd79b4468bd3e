"""The summary as Markdown, for a pull request or a notification."""

from modelyard.drift.escaping import for_markdown
from modelyard.drift.reporting.summary import Summary

MOST = 20
MARKS = {"ok": "✅", "violations": "⚠️", "no data": "⬜"}


def as_markdown(*, summary: Summary) -> str:
    """Return the verdict, what lies behind it, and up to twenty findings."""
    parts = [
        f"### {MARKS[summary.status]} {summary.verdict}",
        f"{for_markdown(summary.about)}, {summary.rows:,} rows.",
    ]
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
