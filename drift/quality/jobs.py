"""Whole runs: merge, suggest a baseline, check; from files to files."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from modelyard.drift.checking.outcome import Outcome, Status, outcome
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.analysis import (
    Window,
    check_quality,
    dataset_statistics,
    merged_statistics,
    write_quality_baseline,
    write_quality_check,
)
from modelyard.drift.quality.chunks import record_files, worth_compiling
from modelyard.drift.quality.documents import read_quality_constraints
from modelyard.drift.quality.merged_files import read_merged_files, tee_merged, write_merged
from modelyard.drift.quality.merging import MergedLines, Merger
from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.quality.task import Task
from modelyard.drift.reading.source import Format, Source


@dataclass(frozen=True, kw_only=True, slots=True)
class MergeJob:
    """Captures and ground truth in, merged lines out, by the captures' paths."""

    captures: Path
    ground_truth: Path
    output: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityJob:
    """Without baseline constraints a baseline is made, else predictions are checked.

    The source is a data set of the format, or merged lines (no format); with ground truth it is captures, which are
    merged with it first, and the merged lines are kept when there is a folder for them.
    """

    task: Task
    source: Path
    format: Format | None
    output: Path
    header: bool = True
    ground_truth: Path | None = None
    merged: Path | None = None
    constraints: Path | None = None
    window: Window = field(default_factory=Window)

    def __post_init__(self) -> None:
        if self.format is Format.CAPTURE:
            raise DriftError(f"ground truth must be given with the captured records of {self.source}; name its folder")
        if self.format is not None and self.ground_truth is not None:
            raise DriftError(f"ground truth must not be given with a data set, got {self.ground_truth}; leave it out")


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityResult:
    """The metrics of a run, and how it ended."""

    statistics: QualityStatistics
    outcome: Outcome


def run_merge(*, job: MergeJob) -> Outcome:
    """Write the merged lines of all captures that have a ground truth.

    Raises:
        DriftError: a file cannot be read or written.
    """
    merger = Merger(captures=job.captures, ground_truth=job.ground_truth)
    write_merged(lines=merger.merged_lines(), folder=job.output)
    sentences = merger.counts.sentences()
    if merger.counts.matched == 0:
        return Outcome(status=Status.NO_DATA, message=f"NoData: There was nothing to merge. {sentences}")
    return Outcome(status=Status.COMPLETED, message=f"Completed: Job completed successfully. {sentences}")


def run_quality(*, job: QualityJob) -> QualityResult:
    """Make a baseline or check against one, merging first where ground truth is given.

    Raises:
        DriftError: the data or the baseline cannot be used.
    """
    merger = Merger(captures=job.source, ground_truth=job.ground_truth) if job.ground_truth is not None else None
    statistics, reading = _statistics(job, merger)
    if job.constraints is None:
        if statistics.rows == 0:
            raise DriftError(
                f"{job.source} must hold at least one record with a prediction and a label, it holds none"
                f"{f' ({reading.causes})' if reading.unreadable else ''}; give predictions with their labels"
            )
        write_quality_baseline(statistics=statistics, folder=job.output, window=job.window)
        result = outcome(rows=statistics.rows, violations=(), reading=reading)
    else:
        limits = read_quality_constraints(path=job.constraints)
        checked = check_quality(statistics=statistics, reading=reading, constraints=limits)
        write_quality_check(check=checked, folder=job.output, window=job.window)
        result = checked.outcome
    if merger is not None:
        result = replace(result, message=f"{result.message} {merger.counts.sentences()}")
    return QualityResult(statistics=statistics, outcome=result)


def _statistics(job: QualityJob, merger: Merger | None) -> tuple[QualityStatistics, Reading]:
    if job.format is not None:
        source = Source(path=job.source, format=job.format, header=job.header)
        return dataset_statistics(source=source, task=job.task)
    lines: Iterable[MergedLines] = merger.merged_lines() if merger is not None else read_merged_files(folder=job.source)
    compiled = merger.compiled if merger is not None else worth_compiling(paths=record_files(folder=job.source))
    written = tee_merged(lines=lines, folder=job.merged) if job.merged is not None else lines
    return merged_statistics(lines=written, task=job.task, compiled=compiled)
