"""The result folders of runs, read back."""

from dataclasses import dataclass
from pathlib import Path

from modelyard.drift.documents.constraints import Constraints, read_constraints
from modelyard.drift.documents.files import CONSTRAINTS, STATISTICS, VERDICT, VIOLATIONS
from modelyard.drift.documents.statistics import Statistics, read_statistics
from modelyard.drift.documents.violations import Violation, read_violations
from modelyard.drift.errors import DriftError
from modelyard.drift.reporting.changes import WindowVerdict
from modelyard.drift.verdict.document import read_verdict
from modelyard.drift.verdict.sentences import change_violations
from modelyard.drift.verdict.verdict import Alarm, Verdict

HOUR_PARTS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run's results; a baseline's own folder has no violations, and a run of AWS's analyzer no verdict."""

    given: WindowVerdict
    statistics: Statistics
    constraints: Constraints | None
    violations: tuple[Violation, ...]

    @property
    def name(self) -> str:
        """The run's hour, or its folder's name."""
        return self.given.window

    @property
    def verdict(self) -> Verdict | None:
        """The verdict, where there is one that can be read."""
        return self.given.verdict

    @property
    def ringing(self) -> tuple[Violation, ...] | None:
        """What rings the alarm: the changes that the verdict names, or the violations of the constraints.

        None is not known: of a verdict that cannot be read.
        """
        if self.given.unreadable is not None:
            return None
        if self.verdict is not None and self.verdict.alarm is Alarm.VERDICT:
            return change_violations(verdict=self.verdict)
        return self.violations


def read_run(*, folder: Path) -> Run:
    """Read a run's folder.

    Raises:
        DriftError: it has no statistics, or one of its files cannot be used, other than the verdict.
    """
    if not (folder / STATISTICS).is_file():
        raise DriftError(f"{folder} must hold {STATISTICS}, it does not; give the folder that drift check wrote")
    violations, constraints = folder / VIOLATIONS, folder / CONSTRAINTS
    return Run(
        given=read_given(folder=folder),
        statistics=read_statistics(path=folder / STATISTICS),
        constraints=read_constraints(path=constraints) if constraints.is_file() else None,
        violations=read_violations(path=violations) if violations.is_file() else (),
    )


def read_given(*, folder: Path) -> WindowVerdict:
    """Read the verdict of a run's folder, which needs no other file."""
    name, file = run_name(folder=folder), folder / VERDICT
    try:
        verdict = read_verdict(path=file) if file.is_file() else None
    except DriftError as error:
        return WindowVerdict(window=name, verdict=None, unreadable=str(error))
    return WindowVerdict(window=name, verdict=verdict)


def run_name(*, folder: Path) -> str:
    """Return the hour of a folder that ends in yyyy/mm/dd/hh, else the folder's name."""
    parts = folder.resolve().parts[-HOUR_PARTS:]
    if len(parts) == HOUR_PARTS and all(part.isdigit() for part in parts):
        year, month, day, hour = parts
        return f"{year}-{month}-{day} {hour}:00"
    return folder.resolve().name
