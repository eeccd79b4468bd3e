from collections.abc import Callable

import pytest

from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.summary import Summary, summarize
from support.drift.summaries import run_of, statistics

ProfileText = Callable[..., Profile]


def test_the_verdict_counts_violations_and_features(summary: Summary) -> None:
    assert summary.verdict == "1 violation in 1 feature"


def test_the_trend_has_every_run(summary: Summary) -> None:
    assert summary.trend == (("first", 2, 0), ("last", 2, 1))


def test_features_with_violations_come_first(profile_csv_text: ProfileText) -> None:
    found = statistics(profile_csv_text, "a,1\nb,2\n")
    violation = Violation(feature="_c1", check="x", description="y")
    made = summarize(runs=[run_of(found, violation)], baseline=None)
    assert [feature.name for feature in made.features] == ["_c1", "_c0"]


def test_a_run_without_rows_has_a_verdict_of_its_own() -> None:
    made = summarize(runs=[run_of(Statistics(rows=0, features=()))], baseline=None)
    assert (made.status, made.verdict) == ("no data", "No data in this window")


def test_a_summary_needs_a_run() -> None:
    with pytest.raises(DriftError, match="runs must be at least one folder, got none"):
        summarize(runs=[], baseline=None)
