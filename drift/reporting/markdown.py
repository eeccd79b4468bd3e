"""The summary as Markdown, for a pull request or a notification."""

from modelyard.drift.reporting.summary import Summary

_MOST = 20
_MARKS = {"ok": "✅", "violations": "⚠️", "no data": "⬜"}


def as_markdown(*, summary: Summary) -> str:
    """Return the verdict, what lies behind it, and up to twenty findings."""
    parts = [
        f"### {_MARKS[summary.status]} {summary.verdict}",
        f"Run {_cell(summary.run)}, {summary.rows:,} rows.",
    ]
    parts += [f"> {_cell(sentence)}" for sentence in summary.diagnoses]
    if summary.findings:
        rows = [f"| {_cell(item.feature)} | {_cell(item.sentence)} |" for item in summary.findings[:_MOST]]
        parts.append("\n".join(["| Feature | What is wrong |", "| --- | --- |", *rows]))
    if len(summary.findings) > _MOST:
        parts.append(f"… and {len(summary.findings) - _MOST} more.")
    if len(summary.trend) > 1:
        parts.append("Violations per run: " + ", ".join(f"{_cell(run)}: {count}" for run, _, count in summary.trend))
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    plain = " ".join(text.split())
    for mark in ("\\", "|", "`", "*", "_", "<", ">", "[", "]"):
        plain = plain.replace(mark, f"\\{mark}")
    return plain
