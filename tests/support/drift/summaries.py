from collections.abc import Callable

from modelyard.drift.documents.statistics import Statistics, profile_statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.changes import WindowVerdict
from modelyard.drift.reporting.runs import Run
from modelyard.drift.verdict.verdict import Verdict

ProfileText = Callable[..., Profile]


def statistics(profile_text: ProfileText, text: str) -> Statistics:
    return profile_statistics(profile=profile_text(text))


def run_of(found: Statistics, *violations: Violation, name: str = "run", verdict: Verdict | None = None) -> Run:
    given = WindowVerdict(window=name, verdict=verdict)
    return Run(given=given, statistics=found, constraints=None, violations=violations)


TYPES = Violation(
    feature="_c0",
    check="data_type_check",
    description="Data type match requirement is not met. "
    "Expected data type: Integral, Expected match: 100.0%. "
    "Observed: Only 99.0% of data is Integral.",
)


def text(table: list[list[float]]) -> str:
    return "".join(",".join(f"{value!r}" for value in row) + "\n" for row in table)
