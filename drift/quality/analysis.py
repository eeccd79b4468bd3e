"""The two things done with answers and truths: suggest a baseline, and check answers against one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from modelyard.drift.analysis import CONSTRAINTS, STATISTICS, VIOLATIONS, write_text
from modelyard.drift.checking.outcome import Outcome, outcome
from modelyard.drift.documents.jackson import Json, printed
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Reading
from modelyard.drift.quality.checking import quality_violations, unmeasured
from modelyard.drift.quality.chunks import chunk
from modelyard.drift.quality.datasets import read_dataset
from modelyard.drift.quality.documents import (
    QualityConstraints,
    constraints_document,
    statistics_document,
    suggested_constraints,
    violations_document,
)
from modelyard.drift.quality.measuring import Measured, measured
from modelyard.drift.quality.merging import Merged
from modelyard.drift.quality.reading import PairReader
from modelyard.drift.quality.task import Task
from modelyard.drift.reading.source import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The time of the records, as the platform gave it."""

    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityCheck:
    """A finished check."""

    measured: Measured
    violations: tuple[Violation, ...]
    outcome: Outcome


def measured_dataset(*, source: Source, task: Task) -> tuple[Measured, Reading]:
    """Return the metrics of a data set with predictions and truths. Raise DriftError for an unusable one."""
    reader = PairReader(task=task)
    read_dataset(source=source, task=task, reader=reader)
    return _finished(reader, task)


def measured_lines(*, lines: Iterable[Merged], task: Task, compiled: bool = False) -> tuple[Measured, Reading]:
    """Return the metrics of merged lines; compiled code pays when they are many."""
    reader = PairReader(task=task)
    for merged in lines:
        reader.merged(chunk=chunk(text=merged.text, compiled=compiled))
    return _finished(reader, task)


def _finished(reader: PairReader, task: Task) -> tuple[Measured, Reading]:
    pairs, reading = reader.finish()
    return measured(problem=task.problem, pairs=pairs), reading


def check_quality(*, found: Measured, reading: Reading, constraints: QualityConstraints) -> QualityCheck:
    """Hold metrics against their constraints. Raise DriftError when these are of another problem."""
    violations = quality_violations(measured=found, constraints=constraints)
    ended = outcome(rows=found.rows, violations=violations, reading=reading)
    silent = unmeasured(measured=found, constraints=constraints) if found.rows > 0 else ()
    return QualityCheck(measured=found, violations=violations, outcome=_noted(ended, silent))


def _noted(ended: Outcome, silent: tuple[str, ...]) -> Outcome:
    if len(silent) == 0:
        return ended
    return replace(ended, message=f"{ended.message} These records do not define {', '.join(silent)}.")


def write_quality_baseline(*, found: Measured, folder: Path, window: Window | None = None) -> None:
    """Write statistics.json and the constraints that they suggest.

    Raise DriftError when the folder cannot be written.
    """
    times = window if window is not None else Window()
    statistics = statistics_document(measured=found, start=times.start, end=times.end)
    _write(folder / STATISTICS, statistics)
    _write(folder / CONSTRAINTS, constraints_document(constraints=suggested_constraints(measured=found)))


def write_quality_check(*, check: QualityCheck, folder: Path, window: Window | None = None) -> None:
    """Write the window's own statistics and constraints, and its violations."""
    write_quality_baseline(found=check.measured, folder=folder, window=window)
    _write(folder / VIOLATIONS, violations_document(violations=check.violations))


def _write(path: Path, document: Json) -> None:
    write_text(path=path, text=printed(document))
