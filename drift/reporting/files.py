"""A report's files: the page, and on request Markdown and a picture."""

from collections.abc import Sequence
from pathlib import Path

from modelyard.drift.analysis import read_baseline
from modelyard.drift.documents.files import write_bytes
from modelyard.drift.documents.importance import IMPORTANCE, read_importance
from modelyard.drift.reporting.markdown import as_markdown
from modelyard.drift.reporting.page import as_page
from modelyard.drift.reporting.quality_page import as_quality_page
from modelyard.drift.reporting.quality_summary import (
    QualitySummary,
    is_quality_run,
    quality_summary,
    read_quality_results,
)
from modelyard.drift.reporting.runs import read_given, read_run
from modelyard.drift.reporting.summary import NO_IMPORTANCE, Summary, summarize


def write_report(
    *,
    runs: Sequence[Path],
    baseline: Path | None,
    page: Path,
    markdown: Path | None = None,
    picture: Path | None = None,
    subject: str | None = None,
    answer: str | None = None,
) -> str:
    """Write the report of the last run, with the trend over all of them, and return the verdict.

    The runs are of data quality or of model quality, whichever the last one is. Without a baseline there is nothing to
    draw the live data over. `subject` says whose data they are, such as a model and its endpoint,
    `answer` which column holds what the model answered.

    Raises:
        DriftError: a folder cannot be used.
    """
    found = _read(runs=runs, baseline=baseline, subject=subject, answer=answer)
    if isinstance(found, QualitySummary):
        summary, text = found.summary, as_quality_page(quality=found)
    else:
        summary, text = found, as_page(summary=found)
    write_bytes(path=page, content=text.encode("utf-8", errors="replace"))
    if markdown is not None:
        write_bytes(path=markdown, content=as_markdown(summary=summary).encode("utf-8", errors="replace"))
    if picture is not None:
        # Pillow is needed, and loaded, for pictures alone
        from modelyard.drift.reporting.png import as_png

        write_bytes(path=picture, content=as_png(summary=summary))
    return f"{summary.verdict}. Written to {page}."


def read_summary(*, run: Path, before: Sequence[Path], baseline: Path | None) -> Summary:
    """Return what a report of this run would say, and of those before it, which need no file but their verdicts.

    Raises as `write_report` does.
    """
    found = _read(runs=[run], before=before, baseline=baseline)
    return found.summary if isinstance(found, QualitySummary) else found


def _read(
    *,
    runs: Sequence[Path],
    baseline: Path | None,
    before: Sequence[Path] = (),
    subject: str | None = None,
    answer: str | None = None,
) -> Summary | QualitySummary:
    if len(runs) > 0 and is_quality_run(folder=runs[-1]):
        results = [read_quality_results(folder=folder) for folder in runs]
        return quality_summary(runs=results, baseline=baseline, subject=subject)
    reference, importance = None, NO_IMPORTANCE
    if baseline is not None:
        reference = read_baseline(folder=baseline)
        if (baseline / IMPORTANCE).is_file():
            columns = [feature.name for feature in reference.constraints.features]
            importance = read_importance(path=baseline / IMPORTANCE, columns=columns)
    return summarize(
        runs=[read_run(folder=folder) for folder in runs],
        baseline=reference,
        subject=subject,
        answer=answer,
        before=[read_given(folder=folder) for folder in before],
        importance=importance,
    )
