"""The two things done with predictions and labels: suggest a baseline, and check against one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.drift.checking.outcome import Outcome, outcome
from modelyard.drift.checking.unreadable import unreadable_violations
from modelyard.drift.documents.files import CONSTRAINTS, STATISTICS, VIOLATIONS, write_document
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.chunks import chunk
from modelyard.drift.quality.datasets import read_dataset
from modelyard.drift.quality.documents import (
    QualityConstraints,
    quality_constraints_document,
    quality_statistics_document,
    quality_violations_document,
    suggest_quality_constraints,
)
from modelyard.drift.quality.merging import MergedLines
from modelyard.drift.quality.pair_reader import PairReader
from modelyard.drift.quality.pairs import Pairs
from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.quality.task import Task
from modelyard.drift.quality.violations import quality_violations, undefined_metrics
from modelyard.drift.reading.source import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The time of the records, as the platform says it."""

    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityCheck:
    """A finished check."""

    statistics: QualityStatistics
    violations: tuple[Violation, ...]
    outcome: Outcome


def dataset_pairs(*, source: Source, task: Task) -> tuple[Pairs, Reading]:
    """Return the predictions and labels of a data set that has both.

    Raises:
        DriftError: the data set cannot be used.
    """
    reader = PairReader(task=task)
    read_dataset(source=source, task=task, reader=reader)
    return reader.finish()


def merged_pairs(*, lines: Iterable[MergedLines], task: Task, compiled: bool = False) -> tuple[Pairs, Reading]:
    """Return the predictions and labels of merged lines; compiled code pays when they are many."""
    reader = PairReader(task=task)
    for merged in lines:
        reader.add_merged(chunk=chunk(text=merged.text, compiled=compiled))
    return reader.finish()


def check_quality(*, statistics: QualityStatistics, reading: Reading, constraints: QualityConstraints) -> QualityCheck:
    """Hold metrics against their constraints.

    Raises:
        DriftError: the constraints are of another problem.
    """
    violations = quality_violations(statistics=statistics, constraints=constraints)
    violations += unreadable_violations(reading=reading)
    result = outcome(rows=statistics.rows, violations=violations, reading=reading)
    undefined = undefined_metrics(statistics=statistics, constraints=constraints) if statistics.rows > 0 else ()
    if len(undefined) > 0:
        result = replace(result, message=f"{result.message} These records do not define {', '.join(undefined)}.")
    return QualityCheck(statistics=statistics, violations=violations, outcome=result)


def write_quality_baseline(*, statistics: QualityStatistics, folder: Path, window: Window | None = None) -> None:
    """Write statistics.json and the constraints that they suggest.

    Raises:
        DriftError: the folder cannot be written.
    """
    times = window if window is not None else Window()
    document = quality_statistics_document(statistics=statistics, start=times.start, end=times.end)
    write_document(path=folder / STATISTICS, document=document)
    write_document(
        path=folder / CONSTRAINTS,
        document=quality_constraints_document(constraints=suggest_quality_constraints(statistics=statistics)),
    )


def write_quality_check(*, check: QualityCheck, folder: Path, window: Window | None = None) -> None:
    """Write the window's own statistics and constraints, and its violations."""
    write_quality_baseline(statistics=check.statistics, folder=folder, window=window)
    write_document(path=folder / VIOLATIONS, document=quality_violations_document(violations=check.violations))
