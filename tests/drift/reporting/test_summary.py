from collections.abc import Callable
from dataclasses import replace

import pytest

from modelyard.drift.documents.statistics import Statistics
from modelyard.drift.documents.violations import Violation
from modelyard.drift.errors import DriftError
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reporting.changes import WindowVerdict
from modelyard.drift.reporting.markdown import as_markdown
from modelyard.drift.reporting.page import as_page
from modelyard.drift.reporting.png import as_png
from modelyard.drift.reporting.summary import Summary, summarize
from modelyard.drift.verdict.verdict import Alarm, Verdict
from support.drift.summaries import TYPES, run_of, statistics
from support.drift.verdicts import verdict_of

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


BROKEN = WindowVerdict(window="broken", verdict=None, unreadable="verdict.json is not JSON")


def test_a_run_whose_verdict_cannot_be_read_has_no_number_of_violations_in_the_trend() -> None:
    found = Statistics(rows=100, features=())
    earlier = replace(run_of(found), given=BROKEN)
    made = summarize(runs=[earlier, run_of(found, verdict=verdict_of({"a": 0.2}))], baseline=None)
    assert made.trend == (("broken", 100, None), ("run", 100, 0))
    assert made.left_out.counts == ("1 of the 1 windows before (1 with a verdict that cannot be read)",)
    assert "broken: not known, run: 0" in as_markdown(summary=made)
    assert "<td>not known</td>" in as_page(summary=made)
    assert as_png(summary=made)


def test_the_last_verdict_must_be_readable() -> None:
    run = replace(run_of(Statistics(rows=100, features=())), given=BROKEN)
    with pytest.raises(DriftError, match=r"the verdict of the last run must be readable: verdict.json is not JSON"):
        summarize(runs=[run], baseline=None)


def test_columns_that_changed_come_before_those_with_violations(profile_csv_text: ProfileText) -> None:
    found = statistics(profile_csv_text, "a,1,x,3\nb,2,y,3\n")
    violation = Violation(feature="_c1", check="x", description="y")
    run = run_of(found, violation, verdict=verdict_of({"_c2": 0.2, "_c3": 0.3}))
    made = summarize(runs=[run], baseline=None)
    assert [feature.name for feature in made.features] == ["_c3", "_c2", "_c1", "_c0"]


def test_what_the_order_of_changes_is_made_of_is_said() -> None:
    run = run_of(Statistics(rows=100, features=()), verdict=verdict_of({"a": 0.2, "b": 0.3}))
    made = summarize(runs=[run], baseline=None)
    assert "the baseline does not say how important a column is" in str(made.order)
    made = summarize(runs=[run], baseline=None, importance={"a": 0.9, "b": 0.1})
    assert made.order == "First is the largest difference times the column's importance to the model."
    assert [one.feature for one in made.changes] == ["a", "b"]
    alone = run_of(Statistics(rows=100, features=()), verdict=verdict_of({"a": 0.2}))
    assert summarize(runs=[alone], baseline=None).order is None


def test_a_violation_lasts_since_the_first_run_from_which_on_none_tells_otherwise() -> None:
    found, none = Statistics(rows=9, features=()), Statistics(rows=0, features=())
    other = Violation(feature="Missing columns", check="missing_column_check", description="x")
    silent = [run_of(none, name="no data"), run_of(found, other, name="other columns")]
    broken = [run_of(found, TYPES, name=name) for name in ("first", "last")]
    for before, since in (
        ([run_of(found)], "since first"),
        ([], "since first or earlier"),
        (silent, "since first or earlier"),
        ([*broken[1:], run_of(found)], "since first"),
    ):
        made = summarize(runs=[*before, broken[0], *silent, broken[1]], baseline=None)
        assert [str(one.since) for one in made.findings] == [since]
    assert summarize(runs=broken[1:], baseline=None).findings[0].since is None
