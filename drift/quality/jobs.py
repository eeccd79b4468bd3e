"""Whole runs: merge, suggest a baseline, check; from files to files."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from modelyard.drift.checking.outcome import Outcome, Status, outcome
from modelyard.drift.documents.files import CALIBRATION_FILE, STATISTICS, write_document
from modelyard.drift.errors import DriftError
from modelyard.drift.kernels.arrays import Doubles
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.analysis import (
    Window,
    check_quality,
    dataset_pairs,
    merged_pairs,
    write_quality_baseline,
    write_quality_check,
)
from modelyard.drift.quality.captured_answers import read_answers
from modelyard.drift.quality.chunks import record_files, worth_compiling
from modelyard.drift.quality.documents import quality_statistics_document, read_quality_constraints
from modelyard.drift.quality.estimate_files import read_calibration, write_calibration, write_estimate
from modelyard.drift.quality.estimation import (
    FEWEST_IN_WINDOW,
    FEWEST_OF_A_CLASS,
    FEWEST_RECORDS,
    Calibration,
    Estimate,
    calibrate,
    estimate_quality,
)
from modelyard.drift.quality.merged_files import read_merged_files, tee_merged, write_merged
from modelyard.drift.quality.merging import MergedLines, Merger
from modelyard.drift.quality.pairs import ClassPairs, Pairs
from modelyard.drift.quality.statistics import QualityStatistics, quality_statistics
from modelyard.drift.quality.task import ProblemType, Task
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
    merged with it first, and the merged lines are kept when there is a folder for them. With `estimates` a baseline is
    calibrated, and a check estimates by such a baseline what the labels will show.
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
    estimates: bool = True

    def __post_init__(self) -> None:
        if self.format is Format.CAPTURE:
            raise DriftError(f"ground truth must be given with the captured records of {self.source}; name its folder")
        if self.format is not None and self.ground_truth is not None:
            raise DriftError(f"ground truth must not be given with a data set, got {self.ground_truth}; leave it out")


@dataclass(frozen=True, kw_only=True, slots=True)
class EstimateJob:
    """Captures without labels and a baseline's folder in, an estimate out."""

    task: Task
    captures: Path
    baseline: Path
    output: Path

    def __post_init__(self) -> None:
        if self.task.problem is not ProblemType.BINARY or self.task.probability is None:
            raise DriftError(
                f"problem_type must be {ProblemType.BINARY} with a probability_attribute for an estimate, got "
                f"{self.task.problem}{' without one' if self.task.probability is None else ''}; name the probability, "
                "or wait for labels"
            )


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
    pairs, reading = _pairs(job, merger)
    statistics = quality_statistics(problem=job.task.problem, pairs=pairs)
    if job.constraints is None:
        if statistics.rows == 0:
            raise DriftError(
                f"{job.source} must hold at least one record with a prediction and a label, it holds none"
                f"{f' ({reading.causes})' if reading.unreadable else ''}; give predictions with their labels"
            )
        write_quality_baseline(statistics=statistics, folder=job.output, window=job.window)
        calibration = calibrate(pairs=pairs) if job.estimates and isinstance(pairs, ClassPairs) else None
        if calibration is not None:
            write_calibration(calibration=calibration, folder=job.output)
        result = outcome(rows=statistics.rows, violations=(), reading=reading)
    else:
        limits = read_quality_constraints(path=job.constraints)
        checked = check_quality(statistics=statistics, reading=reading, constraints=limits)
        write_quality_check(check=checked, folder=job.output, window=job.window)
        known = read_calibration(folder=job.constraints.parent) if job.estimates else None
        if known is not None and isinstance(pairs, ClassPairs) and pairs.scores is not None:
            estimate = _estimate_beside(job, pairs, pairs.scores, calibration=known)
            write_estimate(estimate=estimate, folder=job.output)
        result = checked.outcome
    if merger is not None:
        result = replace(result, message=f"{result.message} {merger.counts.sentences()}")
    return QualityResult(statistics=statistics, outcome=result)


def _estimate_beside(job: QualityJob, pairs: ClassPairs, scores: Doubles, *, calibration: Calibration) -> Estimate:
    """Return the estimate of the records that are measured; of all captured ones, as long as few have a label."""
    predictions = pairs.predictions
    if job.ground_truth is not None and len(scores) < FEWEST_IN_WINDOW:
        answers = read_answers(captures=job.source, task=job.task)
        predictions, scores = answers.predictions, answers.scores
    return estimate_quality(calibration=calibration, scores=scores, predictions=predictions)


def run_estimate(*, job: EstimateJob) -> Estimate:
    """Estimate the quality of captured answers that have no labels yet.

    Writes estimate.json, and a statistics.json of no labels for the report.

    Raises:
        DriftError: the captures cannot be used, or the baseline has no calibration.
    """
    calibration = read_calibration(folder=job.baseline)
    if calibration is None:
        raise DriftError(
            f"{job.baseline} must hold {CALIBRATION_FILE}, it does not; make a baseline of quality of at least "
            f"{FEWEST_RECORDS} labelled probabilities, {FEWEST_OF_A_CLASS} or more of each class"
        )
    answers = read_answers(captures=job.captures, task=job.task)
    estimate = estimate_quality(calibration=calibration, scores=answers.scores, predictions=answers.predictions)
    nothing = quality_statistics_document(statistics=QualityStatistics(problem=job.task.problem, rows=0))
    write_document(path=job.output / STATISTICS, document=nothing)
    write_estimate(estimate=estimate, folder=job.output)
    return estimate


def _pairs(job: QualityJob, merger: Merger | None) -> tuple[Pairs, Reading]:
    if job.format is not None:
        source = Source(path=job.source, format=job.format, header=job.header)
        return dataset_pairs(source=source, task=job.task)
    lines: Iterable[MergedLines] = merger.merged_lines() if merger is not None else read_merged_files(folder=job.source)
    compiled = merger.compiled if merger is not None else worth_compiling(paths=record_files(folder=job.source))
    written = tee_merged(lines=lines, folder=job.merged) if job.merged is not None else lines
    return merged_pairs(lines=written, task=job.task, compiled=compiled)
