"""A report's files: the page, and on request Markdown and a picture."""

from collections.abc import Sequence
from pathlib import Path

from drift.analysis import read_baseline, write_bytes
from drift.reporting.markdown import as_markdown
from drift.reporting.page import as_page
from drift.reporting.runs import read_run
from drift.reporting.summary import Summary, summarized


def write_report(
    *,
    runs: Sequence[Path],
    baseline: Path | None,
    page: Path,
    markdown: Path | None = None,
    picture: Path | None = None,
) -> str:
    """Write the report of the last run, with the trend over all of them, and return the verdict.

    Without a baseline there is nothing to draw the live data over. Raise DriftError for folders that cannot
    be used.
    """
    reference = read_baseline(folder=baseline) if baseline is not None else None
    summary = summarized(runs=[read_run(folder=folder) for folder in runs], baseline=reference)
    write_bytes(path=page, content=as_page(summary=summary).encode("utf-8", errors="replace"))
    if markdown is not None:
        write_bytes(path=markdown, content=as_markdown(summary=summary).encode("utf-8", errors="replace"))
    if picture is not None:
        _write_picture(path=picture, summary=summary)
    return f"{summary.verdict}. Written to {page}."


def _write_picture(*, path: Path, summary: Summary) -> None:
    # Pillow is needed, and loaded, for pictures alone
    from drift.reporting.picture import as_png

    write_bytes(path=path, content=as_png(summary=summary))
