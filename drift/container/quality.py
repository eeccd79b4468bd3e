"""The runs of the merger and of the analyzer of model quality."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from drift.analysis import write_text
from drift.checking.outcome import Outcome, Status, outcome
from drift.container.contract import Publication
from drift.container.publishing import emitter
from drift.container.quality_contract import MergeJob, QualityJob
from drift.errors import DriftError
from drift.profiling.profile import Reading
from drift.quality.analysis import (
    check_quality,
    measured_dataset,
    measured_lines,
    write_quality_baseline,
    write_quality_check,
)
from drift.quality.documents import read_quality_constraints
from drift.quality.files import merged_files, write_merged, written
from drift.quality.measuring import Measured
from drift.quality.merging import Merged, Merger
from drift.quality.metrics import quality_metric_lines
from drift.reading.scripts import run_postprocessor
from drift.reading.source import Format, Source


def run_merge(*, job: MergeJob) -> Outcome:
    """Write the merged lines of all captures that have a ground truth.

    Raise DriftError when a file cannot be read or written.
    """
    merger = Merger(captures=job.captures, ground_truth=job.ground_truth)
    write_merged(lines=merger.merged(), folder=job.output)
    sentences = merger.tally.sentences()
    if merger.tally.matched == 0:
        return Outcome(status=Status.NO_DATA, message=f"NoData: There was nothing to merge. {sentences}")
    return Outcome(status=Status.COMPLETED, message=f"Completed: Job completed successfully. {sentences}")


def run_quality(*, job: QualityJob) -> Outcome:
    """Make a baseline or check against one, merging first where ground truth is given.

    Raise DriftError when the data or the baseline cannot be used.
    """
    merger = _merger(job)
    found, reading = _measured(job, merger)
    ended = _baseline(job, found, reading) if job.constraints is None else _check(job, job.constraints, found, reading)
    if job.postprocessor is not None:
        run_postprocessor(script=job.postprocessor)
    if merger is None:
        return ended
    return replace(ended, message=f"{ended.message} {merger.tally.sentences()}")


def _merger(job: QualityJob) -> Merger | None:
    return Merger(captures=job.source, ground_truth=job.ground_truth) if job.ground_truth is not None else None


def _measured(job: QualityJob, merger: Merger | None) -> tuple[Measured, Reading]:
    if merger is not None:
        lines: Iterable[Merged] = merger.merged()
        kept = written(lines=lines, folder=job.merged) if job.merged is not None else lines
        return measured_lines(lines=kept, task=job.task)
    if not job.source.exists():
        return measured_lines(lines=(), task=job.task)
    if job.data is None:
        return measured_lines(lines=merged_files(source=Source(path=job.source, format=Format.CAPTURE)), task=job.task)
    source = Source(path=job.source, format=job.data.format, header=job.data.header)
    return measured_dataset(source=source, task=job.task)


def _baseline(job: QualityJob, found: Measured, reading: Reading) -> Outcome:
    if found.rows == 0:
        raise DriftError(
            f"{job.source} must hold at least one record with a prediction and a label, it holds none"
            f"{_causes(reading)}; give predictions with their labels"
        )
    write_quality_baseline(found=found, folder=job.output, window=job.window)
    return outcome(rows=found.rows, violations=(), reading=reading)


def _causes(reading: Reading) -> str:
    said = "; ".join(f"{count} because {cause}" for cause, count in reading.unreadable.items())
    return f" ({said})" if said else ""


def _check(job: QualityJob, constraints: Path, found: Measured, reading: Reading) -> Outcome:
    limits = read_quality_constraints(path=constraints)
    checked = check_quality(found=found, reading=reading, constraints=limits)
    write_quality_check(check=checked, folder=job.output, window=job.window)
    if job.publication.enabled:
        _publish(job.publication, found)
    return checked.outcome


def _publish(publication: Publication, found: Measured) -> None:
    lines = quality_metric_lines(measured=found, emitter=emitter(publication=publication))
    write_text(path=publication.path, text="".join(f"{line}\n" for line in lines))
