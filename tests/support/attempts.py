"""Counts the hostile inputs that the attack tests try, and says how many there were at the end of a run."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_PROPERTY = "attempts"


class Attempts:
    """How many hostile inputs one test has tried."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, count: int = 1) -> None:
        """Count inputs that were tried."""
        self.count += count


@pytest.fixture
def attempts(record_property: Callable[[str, object], None]) -> Iterator[Attempts]:
    """What a test tells how many inputs it tries."""
    tried = Attempts()
    yield tried
    record_property(_PROPERTY, tried.count)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the sum of all attempts, by the module that made them."""
    tried: Counter[str] = Counter()
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        if isinstance(report, pytest.TestReport) and report.when == "teardown":
            counts = [value for name, value in report.user_properties if name == _PROPERTY]
            tried[Path(report.location[0]).stem.removeprefix("test_")] += sum(int(str(count)) for count in counts)
    if tried.total():
        by_kind = ", ".join(f"{kind} {count:,}" for kind, count in sorted(tried.items()) if count)
        terminalreporter.write_line(f"attacks tried: {tried.total():,} ({by_kind})")
