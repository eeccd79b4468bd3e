from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.drift.profiling.profile import Profile, Reading
from modelyard.drift.quality.analysis import check_quality, write_quality_baseline, write_quality_check
from modelyard.drift.quality.documents import suggest_quality_constraints
from modelyard.drift.quality.statistics import QualityStatistics
from modelyard.drift.reporting.files import write_report
from modelyard.drift.reporting.summary import Summary, summarize
from support.drift.summaries import TYPES, run_of, statistics

ProfileText = Callable[..., Profile]


@pytest.fixture
def summary(profile_csv_text: ProfileText) -> Summary:
    """Two runs, the last with a violation."""
    found = statistics(profile_csv_text, "1,a\n2,b\n")
    return summarize(runs=[run_of(found, name="first"), run_of(found, TYPES, name="last")], baseline=None)


@pytest.fixture
def write_run(tmp_path: Path) -> Callable[..., Path]:
    """Write a run's results against a baseline, as of an hour."""

    def write(hour: str, statistics: QualityStatistics, baseline: QualityStatistics) -> Path:
        limits = suggest_quality_constraints(statistics=baseline)
        folder = tmp_path / "2026" / "11" / "22" / hour
        write_quality_check(
            check=check_quality(statistics=statistics, reading=Reading(), constraints=limits), folder=folder
        )
        write_quality_baseline(statistics=baseline, folder=tmp_path / "baseline")
        return folder

    return write


@pytest.fixture
def page(tmp_path: Path, write_run: Callable[..., Path]) -> Callable[..., str]:
    """Return the page of runs against a baseline."""

    def page(
        baseline: QualityStatistics, *runs: QualityStatistics, beside: bool = True, subject: str | None = None
    ) -> str:
        folders = [write_run(f"{hour:02d}", found, baseline) for hour, found in enumerate(runs)]
        file = tmp_path / "page.html"
        write_report(runs=folders, baseline=tmp_path / "baseline" if beside else None, page=file, subject=subject)
        return file.read_text(encoding="utf-8")

    return page
