"""Records that could not be read: a check that has not looked at them cannot call them good."""

from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Reading


def unreadable_violations(*, reading: Reading) -> tuple[Violation, ...]:
    """Return the violation that says how many there are, and why; nothing where all could be read."""
    if reading.unreadable_records == 0:
        return ()
    return (
        Violation(
            feature="Unreadable records",
            check="unreadable_record_check",
            description="There are records that could not be read. "
            f"Number of them in current dataset: {reading.unreadable_records} ({reading.causes})",
        ),
    )
