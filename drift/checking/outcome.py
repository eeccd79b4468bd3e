"""How a run ends, and the one sentence that says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Profile, Reading


class Status(StrEnum):
    """How a run ended. NoData is Modelyard's own: a window in which nothing was captured."""

    COMPLETED = "Completed"
    COMPLETED_WITH_VIOLATIONS = "CompletedWithViolations"
    NO_DATA = "NoData"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """A finished run."""

    status: Status
    message: str


def outcome(*, rows: int, violations: Sequence[Violation], reading: Reading) -> Outcome:
    """Return how the run ended; the message begins as the analyzer's exit message does."""
    if rows == 0 and len(violations) == 0:
        return Outcome(status=Status.NO_DATA, message=f"NoData: There were no records to check.{_unread(reading)}")
    if len(violations) == 0:
        sentence = "Completed: Job completed successfully with no violations."
        return Outcome(status=Status.COMPLETED, message=sentence + _unread(reading))
    sentence = f"CompletedWithViolations: Job completed successfully with {len(violations)} violations."
    return Outcome(status=Status.COMPLETED_WITH_VIOLATIONS, message=sentence + _unread(reading))


def profiled_sentence(*, profile: Profile) -> str:
    """Return what was found in a part of the data."""
    return f"Profiled: {profile.rows} rows, {profile.width} columns.{_unread(profile.reading)}"


def _unread(reading: Reading) -> str:
    if reading.unreadable_records == 0:
        return ""
    return f" {reading.unreadable_records} records could not be read: {reading.causes}."
