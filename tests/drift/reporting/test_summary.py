from collections.abc import Callable

import pytest

from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.summary import Summary, summarize
from modelyard.drift.verdict.verdict import Alarm, Verdict
from support.drift.summaries import run_of, statistics

ProfileText = Callable[..., Profile]
VerdictOn = Callable[..., Verdict]


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


MOVED = [0] * 100


def test_of_an_alarm_on_the_verdict_the_changes_are_the_verdict(verdict_on: VerdictOn) -> None:
    found = Statistics(rows=100, features=())
    changed = verdict_on([0, 1] * 500, MOVED, alarm=Alarm.VERDICT)
    quiet = verdict_on([0, 1] * 500, [0, 1] * 50, alarm=Alarm.VERDICT)
    violation = Violation(feature="value", check="x", description="y")
    runs = [run_of(found, violation, verdict=quiet, name="quiet"), run_of(found, verdict=changed, name="moved")]
    made = summarize(runs=runs, baseline=None)
    assert (made.verdict, made.status) == ("Changed: 1 of 2 columns", "violations")
    assert made.trend == (("quiet", 100, 0), ("moved", 100, 1))
    made = summarize(runs=runs[:1], baseline=None)
    assert (made.verdict, made.status, len(made.findings)) == ("Not changed beyond chance", "ok", 1)


def test_no_violation_is_not_called_like_the_baseline_where_the_verdict_is_not(verdict_on: VerdictOn) -> None:
    for live, sentence in (
        (MOVED, "No violations, but: Changed: 1 of 2 columns"),
        ([1] * 5, "No violations, but: Too few rows to tell: 5 beside 1,000 of the baseline"),
        ([0, 1] * 50, "No violations: the data look like the baseline"),
    ):
        run = run_of(Statistics(rows=len(live), features=()), verdict=verdict_on([0, 1] * 500, live))
        made = summarize(runs=[run], baseline=None)
        assert (made.verdict, made.status) == (sentence, "ok")
